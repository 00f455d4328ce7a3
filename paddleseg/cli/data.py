"""`paddleseg data ...`: get data sets ready, and turn other people's annotations into labels."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from paddleseg.errors import ConfigError

if TYPE_CHECKING:
    from paddleseg.datasets.base import Dataset

HELP = "prepare published data sets, convert annotations, make and divide lists, count classes"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    subjects = parser.add_subparsers(dest="subject", required=True, metavar="SUBJECT")
    for name, (text, add, _) in _SUBJECTS.items():
        add(subjects.add_parser(name, help=text, description=text))


def run(args: argparse.Namespace) -> int:
    _SUBJECTS[args.subject][2](args)
    return 0


def _add_prepare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="the data set's name, such as EG1800; see docs/datasets.md")
    parser.add_argument("--root", type=Path, required=True, metavar="DIR", help="the unpacked folder")
    parser.add_argument("--save_dir", type=Path, metavar="DIR", help="where the lists go (default: the same folder)")
    parser.add_argument("--seed", type=int, default=0, help="of the division, where there is no official one")


def _prepare(args: argparse.Namespace) -> None:
    from paddleseg.datasets.prepare import prepare
    from paddleseg.datasets.published import Published
    from paddleseg.registry import DATASETS

    dataset = DATASETS.get(args.name, "data set")
    if not (isinstance(dataset, type) and issubclass(dataset, Published)):
        raise ConfigError(args.name, "needs no preparation", "its type goes into the configuration as it is")
    print(f"{args.name}: {dataset.TERMS}")
    found = prepare(dataset, args.root, args.save_dir, args.seed)
    for mode, count in found.counts.items():
        print(f"  {mode:10} {count:8,} pairs")
    for note in found.notes:
        print(f"  {note}")
    for file in found.files:
        print(f"Wrote {file}")


def _add_labelme(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("input_dir", type=Path, help="the folder that labelme wrote its .json files to")
    parser.add_argument("output_dir", type=Path, help="for images, annotations and class_names.txt")
    parser.add_argument(
        "--classes", type=Path, metavar="FILE", help="class names in order, one a line, background first"
    )


def _labelme(args: argparse.Namespace) -> None:
    from paddleseg.convert.labelme import convert_labelme
    from paddleseg.inference.visualize import palette
    from paddleseg.transforms.image_io import read_lines

    classes = [line.strip() for line in read_lines(args.classes) if line.strip()] if args.classes else None
    done = convert_labelme(args.input_dir, args.output_dir, classes, palette())
    print(f"{args.output_dir}: {done.count} labels of {', '.join(done.classes)}")
    for kind, count in done.left_out.items():
        print(f"  left out {count} of type {kind}: they enclose nothing")


def _add_coco(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "annotations", type=Path, metavar="FILE", help="a COCO instance file, such as instances_val.json"
    )
    parser.add_argument("output_dir", type=Path, help="for the masks and class_names.txt")
    parser.add_argument("--categories", nargs="+", metavar="NAME", help="what becomes class 1, 2, ... (default: all)")
    parser.add_argument("--empty", action="store_true", help="images that show none of these too")


def _coco(args: argparse.Namespace) -> None:
    from paddleseg.convert.coco import convert_coco
    from paddleseg.inference.visualize import palette

    names, count = convert_coco(args.annotations, args.output_dir, args.categories, empty=args.empty, palette=palette())
    print(f"{args.output_dir}: {count} masks of {', '.join(names)}")


def _add_masks(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("input_dir", type=Path, help="a folder of masks, with all folders below it")
    parser.add_argument("output_dir", type=Path, help="for the labels")
    parser.add_argument("--voc", action="store_true", help="the colours of PASCAL VOC")
    parser.add_argument("--color", nargs="+", default=[], metavar="R,G,B=CLASS", help="the class of a colour")
    parser.add_argument("--nearest", action="store_true", help="other colours stand for the nearest one")
    parser.add_argument(
        "--threshold", type=int, default=128, help="without colours: this grey value or more is class 1 (default: 128)"
    )


def _masks(args: argparse.Namespace) -> None:
    from paddleseg.convert.colors import convert_masks, parse_colors, voc_colors

    colors = {**(voc_colors() if args.voc else {}), **parse_colors(args.color)}
    count = convert_masks(
        args.input_dir, args.output_dir, colors or None, threshold=args.threshold, nearest=args.nearest
    )
    print(f"{args.output_dir}: {count} labels")


def _add_frames(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", type=Path, help="a video, or a folder of videos")
    parser.add_argument("output_dir", type=Path, help="gets a folder of frames for each video")
    parser.add_argument("--fps", type=float, default=2.5, help="frames a second (default: 2.5, as in the paper)")
    parser.add_argument("--format", choices=["jpg", "png"], default="jpg", help="of the frames (default: jpg)")


def _frames(args: argparse.Namespace) -> None:
    from paddleseg.convert.frames import extract, list_videos
    from paddleseg.progress import progress

    if args.fps <= 0:
        raise ConfigError("--fps", f"{args.fps} should be more than 0")
    base = args.source if args.source.is_dir() else args.source.parent
    for video in progress(list_videos(args.source), "Reading videos"):
        target = args.output_dir / video.relative_to(base).with_suffix("")
        count = extract(video, target, args.fps, args.format)
        print(f"{target}: {f'{count} frames' if count is not None else 'is there already'}")


def _add_voc_augment(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--voc_path", type=Path, required=True, metavar="DIR", help="VOCdevkit, with VOC2012 in it")
    parser.add_argument("--sbd_path", type=Path, metavar="DIR", help="SBD (default: benchmark_RELEASE beside it)")
    parser.add_argument("--num_workers", type=int, help="accepted for PaddleSeg's command lines")


def _voc_augment(args: argparse.Namespace) -> None:
    from paddleseg.convert.sbd import augment_voc

    count = augment_voc(args.voc_path, args.sbd_path or args.voc_path.parent / "benchmark_RELEASE")
    print(f"{args.voc_path}: {count} more photos with labels, for the mode trainaug")


def _add_cityscapes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--cityscapes_path", type=Path, required=True, metavar="DIR", help="with gtFine in it")
    parser.add_argument("--num_workers", type=int, help="accepted for PaddleSeg's command lines")


def _cityscapes(args: argparse.Namespace) -> None:
    from paddleseg.convert.cityscapes import convert_cityscapes

    print(f"{args.cityscapes_path}: {convert_cityscapes(args.cityscapes_path)} labels written")


def _add_files(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--separator", default=" ", help="between image and label in a list (default: a blank)")
    parser.add_argument(
        "--format", nargs=2, default=["jpg", "png"], metavar="EXT", help="of images and labels (default: jpg png)"
    )
    parser.add_argument(
        "--postfix", nargs=2, default=["", ""], metavar="TEXT", help="ends the names of images, and of labels"
    )


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
    from paddleseg.convert.lists import Folders, find_pairs, write_lists

    folders = Folders(tuple(args.folder), tuple(args.format), tuple(args.postfix))
    if args.type == "cityscapes":
        folders = Folders(("leftImg8bit", "gtFine"), ("png", "png"), ("_leftImg8bit", "_gtFine_labelTrainIds"))
    there = [part for part in args.second_folder if (args.dataset_root / folders.names[0] / part).is_dir()]
    parts = {part: find_pairs(args.dataset_root, folders, part) for part in there or args.second_folder}
    for file, entries in zip(write_lists(args.dataset_root, parts, args.separator), parts.values(), strict=True):
        print(f"{file}: {len(entries)} lines")


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
    from paddleseg.convert.lists import Folders, divide, find_pairs, write_lists
    from paddleseg.datasets.base import read_list
    from paddleseg.errors import DataError
    from paddleseg.files import atomic_write_text

    if args.list:
        entries, problems = read_list(args.list, args.dataset_root, args.separator, labels=False)
        if problems:
            raise DataError(problems)
    else:
        names = (args.images_dir_name, args.labels_dir_name)
        entries = find_pairs(args.dataset_root, Folders(names, tuple(args.format), tuple(args.postfix)))
    divided = divide(entries, args.dataset_root, args.split, args.group, args.seed)
    parts = {mode: pairs for mode, pairs in divided.items() if pairs}
    for file, pairs in zip(write_lists(args.dataset_root, parts, args.separator), parts.values(), strict=True):
        print(f"{file}: {len(pairs)} lines, {len(pairs) / len(entries):.1%}")
    if args.label_class:
        atomic_write_text(args.dataset_root / "labels.txt", "".join(f"{name}\n" for name in args.label_class))


def _add_source(parser: argparse.ArgumentParser) -> None:
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--file_path", type=Path, metavar="LIST", help="a list of pairs")
    source.add_argument("--dataset", metavar="NAME", help="or a data set by its name, with --root")
    parser.add_argument("--root", type=Path, metavar="DIR", help="what the list's paths are relative to (its folder)")
    parser.add_argument("--mode", default="train", help="of the data set (default: train)")


def _open(args: argparse.Namespace, num_classes: int | None = None) -> Dataset:
    """The data set that the flags of `_add_source` name."""
    from paddleseg.datasets.base import Dataset
    from paddleseg.registry import DATASETS

    if args.dataset:
        return DATASETS.get(args.dataset, "--dataset")(dataset_root=args.root, mode=args.mode)
    root = args.root or args.file_path.parent
    return Dataset("train", root, num_classes=num_classes or 255, train_path=args.file_path)


def _add_stats(parser: argparse.ArgumentParser) -> None:
    _add_source(parser)
    parser.add_argument("--num_classes", type=int, metavar="N", help="of a list (default: as its labels show)")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")


def _stats(args: argparse.Namespace) -> None:
    from paddleseg.convert.statistics import measure

    dataset = _open(args, args.num_classes)
    found = measure(dataset)
    if args.file_path and not args.num_classes:
        found = found.without_unused()
    if args.json:
        print(json.dumps(found.as_dict(), indent=2))
    else:
        print(found.table(getattr(dataset, "CLASSES", ())))


def _add_show(parser: argparse.ArgumentParser) -> None:
    _add_source(parser)
    parser.add_argument("--pred_dir", type=Path, metavar="DIR", help="predicted masks to show beside the labels")
    parser.add_argument("--save_dir", type=Path, default=Path("output/visualize_annotation"), metavar="DIR")
    parser.add_argument("--sheet", type=int, metavar="N", help="one picture of N pairs instead of one for each pair")


def _show(args: argparse.Namespace) -> None:
    from paddleseg.convert.pictures import show_labels
    from paddleseg.doctor.contact_sheet import write_contact_sheet

    dataset = _open(args)
    if args.sheet:
        sheet = args.save_dir / "contact_sheet.png"
        write_contact_sheet({args.dataset or args.file_path.stem: dataset}, sheet, args.sheet)
        print(f"Wrote {sheet}")
    else:
        print(f"{args.save_dir}: {len(show_labels(dataset, args.save_dir, args.pred_dir))} pictures")


def _add_pseudo_color(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("dir_or_file", type=Path, help="a folder of masks, or a list of pairs")
    parser.add_argument("output_dir", type=Path, help="for the coloured masks")
    parser.add_argument("--dataset_dir", type=Path, metavar="DIR", help="what the list's paths are relative to")
    parser.add_argument("--file_separator", default=" ", help="between image and label in the list")


def _pseudo_color(args: argparse.Namespace) -> None:
    from paddleseg.convert.pictures import color_masks
    from paddleseg.datasets.base import read_list
    from paddleseg.transforms.image_io import list_images

    if args.dir_or_file.is_dir():
        masks = list_images(args.dir_or_file)
    else:
        root = args.dataset_dir or args.dir_or_file.parent
        entries, _ = read_list(args.dir_or_file, root, args.file_separator, labels=True)
        masks = [(label, label.relative_to(root).as_posix()) for _, label in entries if label]
    print(f"{args.output_dir}: {color_masks(masks, args.output_dir)} masks")


_Subject = tuple[str, Callable[[argparse.ArgumentParser], None], Callable[[argparse.Namespace], None]]


def _add_soft_labels(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("images", type=Path, help="a folder of photos, or a list such as train.txt")
    parser.add_argument("output_dir", type=Path, help="where the soft labels go: a data set's soft_root")
    parser.add_argument(
        "--models", nargs="+", required=True, metavar="MODEL", help="zoo:// names, or folders that export wrote"
    )
    parser.add_argument(
        "--most_spread",
        type=float,
        default=1.0,
        help="standard deviation of the networks' probabilities above which a pixel is unknown (default: never)",
    )


def _soft_labels(args: argparse.Namespace) -> None:
    from paddleseg.inference.soft_labels import predictor_of, write_soft_labels

    predictors = [predictor_of(source) for source in args.models]
    count = write_soft_labels(predictors, args.images, args.output_dir, args.most_spread)
    print(f"Wrote {count} soft labels to {args.output_dir}")


_SUBJECTS: dict[str, _Subject] = {
    "prepare": ("check a published data set and write its lists", _add_prepare, _prepare),
    "labelme": ("labelme's JSON files as labels", _add_labelme, _labelme),
    "coco": ("a COCO instance file as labels", _add_coco, _coco),
    "masks": ("coloured or black-and-white masks, or mattes, as labels", _add_masks, _masks),
    "frames": ("frames of videos, at a rate", _add_frames, _frames),
    "voc_augment": ("SBD's labels for PASCAL VOC's mode trainaug", _add_voc_augment, _voc_augment),
    "cityscapes": ("Cityscapes' ids as its 19 classes", _add_cityscapes, _cityscapes),
    "list": ("lists from folders that are divided already", _add_list, _list),
    "split": ("divide pairs among train, val and test, by group", _add_split, _split),
    "soft_labels": ("what networks think of photos, for another one to learn", _add_soft_labels, _soft_labels),
    "stats": ("sizes, the share of each class, and class weights", _add_stats, _stats),
    "show": ("labels laid over their photos", _add_show, _show),
    "pseudo_color": ("masks with a palette, to be looked at", _add_pseudo_color, _pseudo_color),
}
