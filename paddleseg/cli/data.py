"""`paddleseg data ...`: get data sets ready, and turn other people's annotations into labels."""

from __future__ import annotations

import argparse
from pathlib import Path

from paddleseg.cli import _pairs, _published, flags
from paddleseg.cli._pairs import Subject, say
from paddleseg.errors import ConfigError, DataError, Problem

HELP = "prepare published data sets, convert annotations, make and divide lists, count classes"
EXAMPLE = """
paddleseg data prepare EG1800 --root data/EG1800
paddleseg data labelme annotated/ data/mine
paddleseg data coco instances_val2017.json data/people --categories person
paddleseg data masks black_and_white/ data/mine/masks
paddleseg data frames videos/ data/frames --fps 1
paddleseg data voc_augment --voc_path data/VOCdevkit
paddleseg data cityscapes --cityscapes_path data/cityscapes
paddleseg data cityscapes_ids --root_dir output/result
paddleseg data cocostuff --annotation_path annotations --save_path convert_annotations
paddleseg data pascal_context --voc_path VOC2010 --annotation_path VOC2010
paddleseg data multilabel --dataset_type coco --img_input photos --ann_input instances.json --output data/mine
paddleseg data list data/mine --folder images masks
paddleseg data split data/mine images masks --split 0.8 0.2 0
paddleseg data soft_labels data/mine/train.txt data/mine/soft --models zoo://portrait_accurate
paddleseg data stats --file_path data/portrait_mini/train.txt
paddleseg data show --file_path data/portrait_mini/val.txt --sheet 12
paddleseg data pseudo_color data/portrait_mini/masks output/coloured
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    subjects = parser.add_subparsers(dest="subject", required=True, metavar="SUBJECT")
    for name, (text, add, _) in _SUBJECTS.items():
        add(subjects.add_parser(name, help=text, description=text))


def run(args: argparse.Namespace) -> int:
    _SUBJECTS[args.subject][2](args)
    return 0


def _add_prepare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "name", metavar="NAME", help="the data set's name, such as EG1800; see docs/reference/datasets.md"
    )
    parser.add_argument("--root", type=Path, required=True, metavar="DIR", help="the unpacked folder")
    parser.add_argument("--save_dir", type=Path, metavar="DIR", help="where the lists go (default: the same folder)")
    parser.add_argument(
        "--download", action="store_true", help="fetch and unpack the archive if the folder is not there"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the division, where there is no official one")


def _prepare(args: argparse.Namespace) -> None:
    from paddleseg.datasets.prepare import prepare
    from paddleseg.datasets.published import Published
    from paddleseg.registry import DATASETS

    flags.require_ranges(("--seed", args.seed, 0, 2**32 - 1))
    dataset = DATASETS.get(args.name, "data set")
    if not (isinstance(dataset, type) and issubclass(dataset, Published)):
        raise ConfigError(args.name, "needs no preparation", "its type goes into the configuration as it is")
    say(f"{args.name}: {dataset.TERMS}")
    if args.download:
        from paddleseg.utils.download import download_file_and_uncompress

        if not dataset.URL:
            raise ConfigError(args.name, "has no archive that anybody may fetch", dataset.SOURCE)
        folder = args.root.absolute().parent
        download_file_and_uncompress(dataset.URL, folder, folder, args.root.name)
    found = prepare(dataset, args.root, args.save_dir, args.seed)
    for mode, count in found.counts.items():
        say(f"  {mode:10} {count:8,} pairs")
    for note in found.notes:
        say(f"  {note}")
    for file in found.files:
        say(f"Wrote {file}")


def _add_labelme(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("input_dir", type=Path, help="the folder that labelme wrote its .json files to")
    parser.add_argument("output_dir", type=Path, help="for images, annotations and class_names.txt")
    parser.add_argument(
        "--classes", type=Path, metavar="FILE", help="class names in order, one a line, background first"
    )


def _labelme(args: argparse.Namespace) -> None:
    from paddleseg.convert.labelme import convert_labelme
    from paddleseg.images.io import read_lines
    from paddleseg.images.paint import palette

    classes = [line.strip() for line in read_lines(args.classes) if line.strip()] if args.classes else None
    read = [args.classes] if args.classes else []
    done = convert_labelme(args.input_dir, args.output_dir, classes, palette(), inputs=read)
    left_out = [f"left out {count} of type {kind}: they cover no pixel" for kind, count in done.left_out.items()]
    say(f"{args.output_dir}: {done.count} labels of {', '.join(done.classes)}", [*left_out, *done.notes])


def _add_coco(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "annotations", type=Path, metavar="FILE", help="a COCO instance file, such as instances_val.json"
    )
    parser.add_argument("output_dir", type=Path, help="for the masks and class_names.txt")
    parser.add_argument("--categories", nargs="+", metavar="NAME", help="what becomes class 1, 2, ... (default: all)")
    parser.add_argument("--empty", action="store_true", help="images that show none of these too")
    parser.add_argument(
        "--independent", action="store_true", help="a mask for each category, side by side, for --use_multilabel"
    )


def _coco(args: argparse.Namespace) -> None:
    from paddleseg.convert.coco import convert_coco
    from paddleseg.images.paint import palette

    looks = {"empty": args.empty, "independent": args.independent}
    done = convert_coco(args.annotations, args.output_dir, args.categories, **looks, palette=palette())
    say(f"{args.output_dir}: {done.count} masks of {', '.join(done.classes)}", done.notes)


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

    flags.require_ranges(("--threshold", args.threshold, 1, 255))
    colors = {**(voc_colors() if args.voc else {}), **parse_colors(args.color)}
    if args.nearest and not colors:
        raise ConfigError("--nearest", "needs colours", "name them with --color, or take those of --voc")
    done = convert_masks(
        args.input_dir, args.output_dir, colors or None, threshold=args.threshold, nearest=args.nearest
    )
    say(f"{args.output_dir}: {done.count} labels", done.notes)


def _add_frames(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", type=Path, help="a video, or a folder of videos")
    parser.add_argument("output_dir", type=Path, help="gets a folder of frames for each video")
    parser.add_argument("--fps", type=float, default=2.5, help="frames a second (default: 2.5, as in the paper)")
    parser.add_argument("--format", choices=["jpg", "png"], default="jpg", help="of the frames (default: jpg)")


def _frames(args: argparse.Namespace) -> None:
    from paddleseg.convert.frames import HIGHEST_RATE, extract, list_videos
    from paddleseg.progress import progress
    from paddleseg.targets import plan

    flags.require_ranges(("--fps", args.fps, 1e-6, HIGHEST_RATE))
    found = list_videos(args.source)
    problems: list[Problem] = []
    for video, target in progress(plan(args.output_dir, found.files, ""), "Reading videos", len(found.files)):
        try:
            count = extract(video, target, args.fps, args.format)
        except DataError as error:
            problems += error.problems
        else:
            say(f"{target}: {f'{count} frames' if count is not None else 'is there already'}")
    say(None, found.remarks("no videos"))
    if problems:
        raise DataError(problems)


_SUBJECTS: dict[str, Subject] = {
    "prepare": ("check a published data set and write its lists", _add_prepare, _prepare),
    "labelme": ("labelme's JSON files as labels", _add_labelme, _labelme),
    "coco": ("a COCO instance file as labels", _add_coco, _coco),
    "masks": ("coloured or black-and-white masks, or mattes, as labels", _add_masks, _masks),
    "frames": ("frames of videos, at a rate", _add_frames, _frames),
    **_published.SUBJECTS,
    **_pairs.SUBJECTS,
}
