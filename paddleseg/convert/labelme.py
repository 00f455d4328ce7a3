"""labelme's JSON files as labels."""

from __future__ import annotations

import filecmp
import shutil
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from paddleseg.convert.masks import plan_masks
from paddleseg.datasets.labelme import Record, beyond, encloses, kind_of, read_record, shape_mask
from paddleseg.errors import DataError, OutputError, Problem, few
from paddleseg.files import atomic_path, atomic_write_bytes, atomic_write_text, is_file
from paddleseg.images.io import IMAGE_EXTENSIONS, write_png
from paddleseg.progress import progress
from paddleseg.sources import walk
from paddleseg.targets import plan, refuse_overwriting

BACKGROUND, IGNORED = "_background_", "__ignore__"
_MOST_CLASSES = 255


@dataclass(frozen=True)
class Converted:
    """What `convert_labelme` wrote: class names in order, files, shapes that cover no pixels, by type, and remarks."""

    classes: list[str]
    count: int
    left_out: Counter[str]
    notes: list[str] = field(default_factory=list)


def convert_labelme(
    source: Path,
    target: Path,
    classes: Sequence[str] | None = None,
    palette: np.ndarray | None = None,
    *,
    inputs: Iterable[Path] = (),
) -> Converted:
    """Write `images/*`, `annotations/*.png` and `class_names.txt` for every JSON file in `source`.

    Later shapes cover earlier ones. Shapes that are called `__ignore__` become 255. Shapes that were drawn on a larger
    or smaller copy of the photo are scaled.

    Args:
        classes: Names in order, background first; otherwise as they first occur, file by file in order of their names.
        palette: Colours (256, 3) of the label images.
        inputs: What else was read, such as the file of the classes.

    Raises:
        OutputError: Something would be written over an input or another picture; nothing is written.
        DataError: No JSON, or files, photos or shapes that are broken, of which all are named and nothing is written.
    """
    files, notes = _files(source)
    records: list[Record] = []
    problems: list[Problem] = []
    for file in progress(files, "Reading"):
        try:
            records.append(read_record(file))
        except DataError as error:
            problems += error.problems
    names = list(classes) if classes else _names(records)
    problems += _class_faults(records, names, given=bool(classes))
    if problems:
        raise DataError(problems)
    keep = {path.resolve() for path in inputs}
    photos = [record.photo for record in records if record.photo is not None]
    everything = [*keep, *files, *photos]
    copies = [(record, target / "images" / f"{record.file.stem}{record.suffix}") for record in records]
    # A photo that is there already, by this name or from an earlier run, is not written again.
    copies = [(record, path) for record, path in copies if not _is_there(record, path)]
    plan(target / "images", [(record.file, path.name) for record, path in copies], inputs=everything)
    others = [path for _, path in copies if path.exists()]
    if others:
        what = f"{len(others)} photos would be written over other pictures of their names: {few(others)}"
        raise OutputError(str(target), what, "choose another output folder")
    labels = plan_masks(target / "annotations", [(r.file, f"{r.file.stem}.png") for r in records], inputs=everything)
    listed = target / "class_names.txt"
    if listed.resolve() not in keep:
        refuse_overwriting(everything, [listed])
    for record, path in copies:
        _copy_photo(record, path)
    left_out: Counter[str] = Counter()
    for record, (_, path) in zip(records, progress(labels, "Drawing labels"), strict=True):
        write_png(path, _draw(record, names, left_out), palette)
    if listed.resolve() not in keep:
        atomic_write_text(listed, "\n".join(names))
    return Converted(names, len(records), left_out, notes + _remarks(records))


def _files(source: Path) -> tuple[list[Path], list[str]]:
    """The JSON files of a folder, and what else of it a person may have meant."""
    found = walk(source, [".json"])
    files = [path for path, name in found.files if "/" not in name]
    below = [name for _, name in found.files if "/" in name]
    if not files:
        what = "holds no .json file" + (f", but there are some further down: {few(below)}" if below else "")
        raise DataError(str(source), what, "name the folder that labelme wrote to")
    stems = {path.stem for path in files}
    here = [name for name in found.others if "/" not in name and name.lower().endswith(IMAGE_EXTENSIONS)]
    alone = [name for name in here if Path(name).stem not in stems]
    notes = [f"passed over {found.leftovers} files of macOS or Windows"] if found.leftovers else []
    if below:
        notes.append(f"passed over {len(below)} .json files in folders further down: {few(below)}")
    if alone:
        notes.append(f"{len(alone)} pictures have no .json file of their name: {few(alone)}")
    return files, notes


def _names(records: Iterable[Record]) -> list[str]:
    labels = [shape["label"] for record in records for shape in record.shapes if shape["label"] != IGNORED]
    return list(dict.fromkeys([BACKGROUND, *labels]))


def _class_faults(records: Sequence[Record], names: Sequence[str], *, given: bool) -> list[Problem]:
    problems = []
    if len(names) > _MOST_CLASSES:
        what = f"{len(names)} classes, but a label holds {_MOST_CLASSES}"
        problems.append(Problem("class names", what, "give those that are meant with --classes"))
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        problems.append(Problem("--classes", f"names a class twice: {few(twice)}", "name each once"))
    for record in records:
        used = {shape["label"] for shape in record.shapes}
        unknown = sorted(used - {*names, IGNORED})
        if unknown:
            what = f"has the class {', '.join(map(repr, unknown))}"
            problems.append(Problem(str(record.file), what, f"classes are {', '.join(names)}"))
        if given and names[0] in used and "background" not in names[0].lower():
            what = f"has shapes of {names[0]!r}, the first of --classes, which is the background"
            problems.append(Problem(str(record.file), what, f"put a line {BACKGROUND} above it"))
    return problems


def _is_there(record: Record, path: Path) -> bool:
    """Whether a file holds what would be copied there."""
    if not is_file(path):
        return False
    if record.photo is None:
        return path.stat().st_size == len(record.content) and path.read_bytes() == record.content
    return filecmp.cmp(record.photo, path, shallow=False)


def _copy_photo(record: Record, path: Path) -> None:
    if record.photo is None:
        atomic_write_bytes(path, record.content)
        return
    with atomic_path(path) as temporary:
        shutil.copyfile(record.photo, temporary)


def _draw(record: Record, names: Sequence[str], left_out: Counter[str]) -> np.ndarray:
    label = np.zeros(record.size, np.uint8)
    for shape in record.shapes:
        if not encloses(shape):
            left_out[kind_of(shape)] += 1
            continue
        inside = shape_mask(shape, record.size, record.scale)
        if not inside.any():
            left_out[f"{kind_of(shape)} ({record.file.name})"] += 1
        label[inside] = 255 if shape["label"] == IGNORED else names.index(shape["label"])
    return label


def _remarks(records: Sequence[Record]) -> list[str]:
    kinds = {
        "were drawn on another size of their picture, and are scaled": [r for r in records if r.scale != (1.0, 1.0)],
        "have shapes that reach beyond the picture: is it the right one?": [
            record for record in records if any(beyond(shape, record) for shape in record.shapes)
        ],
        "have no shapes: all background": [record for record in records if not record.shapes],
    }
    return [f"{len(found)} {what} ({few([r.file.name for r in found])})" for what, found in kinds.items() if found]
