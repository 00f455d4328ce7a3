"""How well and how fast portrait networks find people in your photos: ours beside the peers you have files of.

    python benchmarks/portrait.py --data FOLDER --list FOLDER/val.txt --peers FOLDER_OF_FILES
    python benchmarks/portrait.py --data FOLDER --list FOLDER/val.txt --by source shape --clips FOLDER/clips
    python benchmarks/portrait.py --data FOLDER --list FOLDER/val.txt --peers FOLDER_OF_FILES --post same --conditions \
        --rooms FOLDER/rooms

The list holds `image mask` lines (masks: 0 background, 1 person, 255 ignored). Every network gets its own input size
and normalisation; its probabilities are resized bilinearly to the photo, and a person is what is above 0.5. Ours are
finished as the card says: edges, small and faint pieces, threshold; with `--post same` the peers get these too. SC is
the person's, not the background's. Boundary IoU is of all photos' pixels together, and beside it the mean over photos.
The worst tenth are the photos of lowest IoU. All networks see a photo one after the other, so a busy machine
slows all alike. Times are of the network alone, one thread.

`--by` adds mIoU by source (the first folder of the photo's path) or by shape. `--conditions` measures the same photos
turned, tilted, dark and so on (benchmarks/conditions.py), also with people before the `--rooms` where these are given.
Of the rooms themselves, in which nobody is, it tells the share with more than 0.5 % of a person. With two networks or
more the first one's lead over each other comes with its 95 % interval: photos drawn again and again
(benchmarks/bootstrap.py).
`--clips` are folders with `images/` and `masks/` of consecutive frames: flicker is the share of the pixels there whose
class changes though the label's does not.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from bootstrap import boundary_iou, drawn, lead, miou
from conditions import PLAIN, conditions
from contenders import Entry, ours, peer_entry
from peers import find_peers

from paddleseg.datasets import Dataset
from paddleseg.images.io import list_images, read_image, read_label
from paddleseg.progress import progress

SHAPES = {"9:16": 9 / 16, "3:4": 3 / 4, "1:1": 1.0, "4:3": 4 / 3, "16:9": 16 / 9}
COLUMNS = {
    "mIoU": "mIoU",
    "foreground_IoU": "fg IoU",
    "boundary_IoU": "boundary IoU",
    "boundary_IoU_by_photo": "by photo",
    "SC": "SC",
    "SC_without_specks": "SC without specks",
    "worst_tenth": "worst tenth IoU",
}
EMPTY = 0.005
"""The share of an empty room's pixels from which it counts as one with somebody in it."""


def markdown(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (heads, ["---"] * len(heads), *rows))


def table(rows: list[dict[str, Any]]) -> str:
    heads = ["network", *COLUMNS.values(), "components", "ms p50", "ms p95"]
    cells = [
        [row["name"], *(f"{100 * row[name]:.2f}" for name in COLUMNS), f"{row['components']:.1f}"]
        + [f"{row[name]:.1f}" for name in ("p50_ms", "p95_ms")]
        for row in rows
    ]
    return markdown(heads, cells)


def group_table(rows: list[dict[str, Any]]) -> str:
    groups = list(rows[0]["groups"])
    cells = [[row["name"], *(f"{100 * row['groups'][name]:.2f}" for name in groups)] for row in rows]
    return markdown(["mIoU", *groups], cells)


def condition_rows(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """mIoU and boundary IoU under each condition, and the share of empty rooms with somebody in them."""
    rows = []
    for entry in entries:
        sums = {name: np.sum(photos, axis=0) for name, photos in entry.photos.items()}
        found = {name: {"mIoU": float(miou(s)), "boundary_IoU": float(boundary_iou(s))} for name, s in sums.items()}
        rooms = {"rooms_with_somebody": float(np.mean(np.array(entry.filled) > EMPTY))} if entry.filled else {}
        rows.append({"conditions": found, **rooms})
    return rows


def condition_table(rows: list[dict[str, Any]]) -> str:
    names = list(rows[0]["conditions"])
    rooms = ["empty rooms, %"] if "rooms_with_somebody" in rows[0] else []
    cells = [
        [row["name"], *(f"{100 * row['conditions'][name]['mIoU']:.2f}" for name in names)]
        + [f"{100 * row['rooms_with_somebody']:.1f}" for _ in rooms]
        for row in rows
    ]
    return markdown(["mIoU", *names, *rooms], cells)


def leads(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """The first network's lead over each of the others, condition by condition."""
    first, *others = entries
    rows = []
    for condition, photos in first.photos.items():
        draws = drawn(len(photos))
        for other in others:
            against = np.array(other.photos[condition])
            found = {
                name: lead(np.array(photos), against, measure, draws)
                for name, measure in (("mIoU", miou), ("boundary_IoU", boundary_iou))
            }
            rows.append({"condition": condition, "over": other.name, **found})
    return rows


def lead_table(name: str, rows: list[dict[str, Any]]) -> str:
    def shown(found: tuple[float, float, float]) -> str:
        return "{:+.2f} ({:+.2f} to {:+.2f})".format(*(100 * value for value in found))

    cells = [[row["condition"], row["over"], shown(row["mIoU"]), shown(row["boundary_IoU"])] for row in rows]
    return markdown([f"lead of {name}", "over", "mIoU", "boundary IoU"], cells)


def measure_photos(entries: Sequence[Entry], options: argparse.Namespace) -> None:
    dataset = Dataset("val", options.data, [], 2, val_path=options.list)
    changes = {name: change for name, change in conditions(dataset, options.rooms).items() if name != "upright"}
    for index in progress(range(len(dataset)), "Measuring", len(dataset), show=not options.quiet):
        sample = dataset.read(index)
        assert sample.label is not None
        for entry in entries:
            entry.look(sample.image, sample.label, groups_of(dataset, index, sample.size, options.by))
        for name, change in changes.items() if options.conditions else ():
            changed = change(dataset.read(index, np.random.default_rng([0, index])))
            assert changed.label is not None
            for entry in entries:
                entry.count(name, entry.mask(changed.image), changed.label)


def groups_of(dataset: Dataset, index: int, size: tuple[int, int], by: Sequence[str]) -> list[str]:
    h, w = size
    shape = min(SHAPES, key=lambda name: abs(math.log(SHAPES[name] * h / w)))
    of = {"source": dataset.entries[index][0].relative_to(dataset.root).parts[0], "shape": shape}
    return [of[kind] for kind in by]


def measure_rooms(entries: Sequence[Entry], rooms: Path, quiet: bool) -> None:
    for path, _ in progress(list_images(rooms), "Measuring rooms", show=not quiet):
        room = read_image(path)
        for entry in entries:
            entry.filled.append(float((entry.mask(room) == 1).mean()))


def frames(folder: Path) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for image in sorted((folder / "images").iterdir()):
        yield read_image(image), read_label(folder / "masks" / f"{image.stem}.png")


def measure_clip(entries: Sequence[Entry], clip: Path, quiet: bool) -> None:
    for entry in entries:
        entry.restart()
    for rgb, label in progress(frames(clip), f"Measuring {clip.name}", show=not quiet):
        for entry in entries:
            entry.watch(rgb, label)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="folder that the list's paths are relative to")
    parser.add_argument("--list", required=True, help="list file of `image mask` lines")
    parser.add_argument(
        "--models",
        nargs="*",
        default=["zoo://pp_humanseg_v1_lite"],
        help="zoo:// names, export folders, or zoo://NAME@WEIGHTS for other weights of that network",
    )
    parser.add_argument("--runtime", choices=["paddle", "onnx"], default="onnx", help="of export folders")
    parser.add_argument("--peers", type=Path, help="folder with files of peers, see benchmarks/peers.py")
    parser.add_argument("--only", nargs="*", default=[], help="peers whose names hold one of these words")
    parser.add_argument("--post", choices=["own", "same"], default="own", help="same: peers are finished as ours are")
    parser.add_argument("--by", nargs="*", choices=["source", "shape"], default=[], help="mIoU of parts of the list")
    parser.add_argument("--conditions", action="store_true", help=f"also {', '.join(list(PLAIN)[1:])}")
    parser.add_argument("--rooms", type=Path, help="folder or .txt list of pictures in which nobody is")
    parser.add_argument("--clips", nargs="*", type=Path, default=[], help="folders of consecutive frames and masks")
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    return parser.parse_args()


def contenders(options: argparse.Namespace) -> list[Entry]:
    entries = [ours(source, options.runtime) for source in options.models]
    for peer in find_peers(options.peers) if options.peers else ():
        if not options.only or any(word.lower() in peer.name.lower() for word in options.only):
            entries.append(peer_entry(peer, options.post == "same"))
    return entries


def main() -> None:
    options = arguments()
    entries = contenders(options)
    measure_photos(entries, options)
    if options.rooms:
        measure_rooms(entries, options.rooms, options.quiet)
    for clip in options.clips:
        measure_clip(entries, clip, options.quiet)
    rows = [entry.row() | found for entry, found in zip(entries, condition_rows(entries), strict=True)]
    print(table(rows))
    if options.by:
        print(f"\n{group_table(rows)}")
    if options.conditions or options.rooms:
        print(f"\n{condition_table(rows)}")
    found_leads = leads(entries)
    if found_leads:
        print(f"\n{lead_table(entries[0].name, found_leads)}")
    if options.clips:
        names = ("clips_mIoU", "clips_boundary_IoU", "flicker")
        cells = (
            [row["name"], *(f"{100 * row[name]:.{3 if name == 'flicker' else 2}f}" for name in names)] for row in rows
        )
        print("\n" + markdown(["clips", "mIoU", "boundary IoU", "flicker, % of the pixels"], cells))
    if options.json:
        options.json.write_text(json.dumps(rows + [{"leads": found_leads}] * bool(found_leads), indent=1), "utf-8")


if __name__ == "__main__":
    main()
