"""The subjects of `paddleseg data` that have to do with pairs: lists, their division, figures and pictures of them."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from paddleseg.cli import flags
from paddleseg.errors import ConfigError, DataError, printable

if TYPE_CHECKING:
    from paddleseg.datasets.base import Dataset, Entry

Subject = tuple[str, Callable[[argparse.ArgumentParser], None], Callable[[argparse.Namespace], None]]
"""What a subject is for, what adds its flags, and what does it."""


def say(line: str | None, notes: Sequence[str] = ()) -> None:
    """What was done, and below it what a person should know of it."""
    for text in [*([] if line is None else [line]), *(f"  {note}" for note in notes)]:
        print(printable(text))


def separator(text: str) -> str:
    """What stands between the columns of a list: anything that is no part of a path; backslash and t for a tab."""
    text = {"\\t": "\t", "tab": "\t"}.get(text, text)
    if not text or set(text) & set('"/\r\n') or text.isalnum():
        raise argparse.ArgumentTypeError(f"{text!r} cannot stand between two paths; write a blank, a comma or tab")
    return text


def _add_files(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--separator", type=separator, default=" ", help="between image and label in a list (default: a blank)"
    )
    parser.add_argument(
        "--format", nargs=2, metavar="EXT", help="of images and labels, such as jpg png (default: any picture)"
    )
    parser.add_argument(
        "--postfix", nargs=2, default=["", ""], metavar="TEXT", help="ends the names of images, and of labels"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace lists of other lines that are there")


def _add_list(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("dataset_root", type=Path, help="the folder that the lists are written to")
    parser.add_argument("--type", choices=["custom", "cityscapes"], default="custom", help="whose names of files")
    parser.add_argument(
        "--folder", nargs=2, default=["images", "annotations"], metavar="DIR", help="of images and labels"
    )
    parser.add_argument(
        "--second_folder", nargs="*", default=["train", "val", "test"], metavar="DIR", help="below both, a list each"
    )
    _add_files(parser)


def _list(args: argparse.Namespace) -> None:
    from paddleseg.convert.lists import Folders, find_pairs

    folders = Folders(tuple(args.folder), tuple(args.format) if args.format else None, tuple(args.postfix))
    if args.type == "cityscapes":
        folders = Folders(("leftImg8bit", "gtFine"), ("png", "png"), ("_leftImg8bit", "_gtFine_labelTrainIds"))
    there = [part for part in args.second_folder if (args.dataset_root / folders.names[0] / part).is_dir()]
    parts, notes = {}, []
    for part in there or args.second_folder:
        parts[part], said = find_pairs(args.dataset_root, folders, part)
        notes += said
    _write_lists(args, parts, notes)


def _write_lists(
    args: argparse.Namespace,
    parts: Mapping[str, Sequence[Entry]],
    notes: Sequence[str],
    more: Mapping[str, str] | None = None,
    inputs: Sequence[Path] = (),
) -> None:
    from paddleseg.convert.lists import write_lists

    root = args.dataset_root
    files = write_lists(root, parts, args.separator, more=more, inputs=inputs, overwrite=args.overwrite)
    total = sum(map(len, parts.values()))
    for file, pairs in zip(files, parts.values(), strict=True):
        say(f"{file}: {len(pairs)} lines, {len(pairs) / total:.1%}")
    say(None, notes)


def _add_split(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("dataset_root", type=Path, help="the folder that the lists are written to")
    parser.add_argument("images_dir_name", nargs="?", default="images", help="its folder of images (default: images)")
    parser.add_argument("labels_dir_name", nargs="?", default="annotations", help="and of labels (annotations)")
    parser.add_argument("--list", type=Path, metavar="FILE", help="divide the pairs of this list instead")
    parser.add_argument(
        "--split", nargs=3, type=float, default=[0.7, 0.3, 0], metavar="SHARE", help="train, val, test (0.7 0.3 0)"
    )
    parser.add_argument(
        "--group", metavar="REGEX", help="images whose paths agree in this stay together, such as '(scene_[0-9]+)'"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the division")
    parser.add_argument("--label_class", nargs="*", metavar="NAME", help="class names, for labels.txt")
    _add_files(parser)


def _split(args: argparse.Namespace) -> None:
    from paddleseg.convert.lists import Folders, divide, find_pairs
    from paddleseg.datasets.base import read_list

    flags.require_ranges(("--seed", args.seed, 0, 2**32 - 1))
    root = args.dataset_root
    if args.list:
        entries, problems = read_list(args.list, root, args.separator, labels=False)
        if problems:
            raise DataError(problems)
        notes: list[str] = []
    else:
        folders = (args.images_dir_name, args.labels_dir_name)
        formats = tuple(args.format) if args.format else None
        entries, notes = find_pairs(root, Folders(folders, formats, tuple(args.postfix)))
        if entries[0][1] is None:
            hint = f"name the folder of labels: paddleseg data split {root} {args.images_dir_name} LABELS"
            raise DataError(str(root / args.labels_dir_name), "there is no such folder", hint)
    divided = divide(entries, root, args.split, args.group, args.seed)
    parts = {mode: pairs for mode, pairs in divided.items() if pairs}
    stale = [f"{root / mode}.txt is there from before, and not part of this division" for mode in divided]
    notes += [
        line for mode, line in zip(divided, stale, strict=True) if mode not in parts and (root / f"{mode}.txt").exists()
    ]
    names = args.label_class or []
    if not all(name.isprintable() for name in names):
        raise ConfigError("--label_class", "holds line breaks or letters that are none", "one name a word")
    more = {"labels.txt": "".join(f"{name}\n" for name in names)} if names else {}
    _write_lists(args, parts, notes, more, [args.list] if args.list else [])


def _add_source(parser: argparse.ArgumentParser) -> None:
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--file_path", type=Path, metavar="LIST", help="a list of pairs")
    source.add_argument("--dataset", metavar="NAME", help="or a data set by its name, with --root")
    parser.add_argument("--root", type=Path, metavar="DIR", help="what the list's paths are relative to (its folder)")
    parser.add_argument(
        "--separator", type=separator, default=" ", help="between image and label in the list (default: a blank)"
    )
    parser.add_argument("--mode", default="train", help="of the data set (default: train)")


def _open(args: argparse.Namespace, num_classes: int | None = None) -> Dataset:
    """The data set that the flags of `_add_source` name."""
    from paddleseg.datasets.base import Dataset
    from paddleseg.registry import DATASETS

    if not args.dataset:
        root = args.root or args.file_path.parent
        return Dataset(
            "train", root, num_classes=num_classes or 255, train_path=args.file_path, separator=args.separator
        )
    try:
        return DATASETS.get(args.dataset, "--dataset")(dataset_root=args.root, mode=args.mode)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"--dataset {args.dataset}", str(error), "see --root and --mode") from error


def _add_stats(parser: argparse.ArgumentParser) -> None:
    _add_source(parser)
    parser.add_argument("--num_classes", type=int, metavar="N", help="of a list (default: as its labels show)")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")


def _stats(args: argparse.Namespace) -> None:
    from paddleseg.convert.statistics import measure

    flags.require_ranges(("--num_classes", args.num_classes, 1, 256))
    dataset = _open(args, args.num_classes)
    found, problems = measure(dataset)
    if args.file_path and not args.num_classes:
        found = found.without_unused()
    if args.json:
        print(json.dumps(found.as_dict(), indent=2, allow_nan=False))
    else:
        print(found.table(getattr(dataset, "CLASSES", ())))
    if problems:
        raise DataError(problems)


def _add_show(parser: argparse.ArgumentParser) -> None:
    _add_source(parser)
    parser.add_argument("--pred_dir", type=Path, metavar="DIR", help="predicted masks to show beside the labels")
    parser.add_argument("--save_dir", type=Path, default=Path("output/visualize_annotation"), metavar="DIR")
    parser.add_argument("--sheet", type=int, metavar="N", help="one picture of N pairs instead of one for each pair")


def _show(args: argparse.Namespace) -> None:
    from paddleseg.convert.masks import with_the_others
    from paddleseg.convert.pictures import show_labels
    from paddleseg.doctor.contact_sheet import write_contact_sheet

    flags.require_ranges(("--sheet", args.sheet, 1, 10_000))
    dataset = _open(args)
    if args.sheet:
        sheet = args.save_dir / "contact_sheet.png"
        name = args.dataset or args.file_path.stem
        shown, problems = write_contact_sheet({name: dataset}, sheet, args.sheet)
        if problems:
            raise DataError(with_the_others(problems, shown, "pairs", sheet))
        say(f"Wrote {sheet}")
    else:
        say(f"{args.save_dir}: {len(show_labels(dataset, args.save_dir, args.pred_dir))} pictures")


def _add_pseudo_color(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("dir_or_file", type=Path, help="a folder of masks, or a list of pairs")
    parser.add_argument("output_dir", type=Path, help="for the coloured masks")
    parser.add_argument("--dataset_dir", type=Path, metavar="DIR", help="what the list's paths are relative to")
    parser.add_argument(
        "--separator",
        "--file_separator",
        type=separator,
        default=" ",
        help="between image and label in the list (default: a blank)",
    )


def _pseudo_color(args: argparse.Namespace) -> None:
    from paddleseg.convert.masks import listed_pictures
    from paddleseg.convert.pictures import color_masks

    masks, notes, read = listed_pictures(args.dir_or_file, args.dataset_dir, args.separator, column=1)
    say(f"{args.output_dir}: {color_masks(masks, args.output_dir, inputs=read)} masks", notes)


def _add_soft_labels(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("images", type=Path, help="a folder of photos, or a list such as train.txt")
    parser.add_argument("output_dir", type=Path, help="where the soft labels go: a data set's soft_root")
    parser.add_argument(
        "--models", nargs="+", required=True, metavar="MODEL", help="zoo:// names, or folders that export wrote"
    )
    parser.add_argument(
        "--separator", type=separator, default=" ", help="between image and label in the list (default: a blank)"
    )
    parser.add_argument(
        "--most_spread",
        type=float,
        default=1.0,
        help="standard deviation of the networks' probabilities above which a pixel is unknown (default: never)",
    )


def _soft_labels(args: argparse.Namespace) -> None:
    from paddleseg.convert.masks import listed_pictures
    from paddleseg.inference.soft_labels import predictor_of, write_soft_labels

    flags.require_ranges(("--most_spread", args.most_spread, 0, 1))
    images, notes, read = listed_pictures(args.images, None, args.separator, column=0)
    models = [predictor_of(source) for source in args.models]
    count = write_soft_labels(models, images, args.output_dir, inputs=read, most_spread=args.most_spread)
    say(f"Wrote {count} soft labels to {args.output_dir}", notes)


SUBJECTS: dict[str, Subject] = {
    "list": ("lists from folders that are divided already", _add_list, _list),
    "split": ("divide pairs among train, val and test, by group", _add_split, _split),
    "soft_labels": ("what networks think of photos, for another one to learn", _add_soft_labels, _soft_labels),
    "stats": ("sizes, the share of each class, and class weights", _add_stats, _stats),
    "show": ("labels laid over their photos", _add_show, _show),
    "pseudo_color": ("masks with a palette, to be looked at", _add_pseudo_color, _pseudo_color),
}
