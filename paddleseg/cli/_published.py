"""Subjects of `paddleseg data` that make labels of what benchmarks hand out, with the flags of PaddleSeg's scripts."""

from __future__ import annotations

import argparse
from pathlib import Path

from paddleseg.cli import flags
from paddleseg.cli._pairs import Subject, say
from paddleseg.errors import ConfigError, Problem


def _add_voc_augment(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--voc_path", type=Path, required=True, metavar="DIR", help="VOCdevkit, with VOC2012 in it")
    parser.add_argument("--sbd_path", type=Path, metavar="DIR", help="SBD (default: benchmark_RELEASE beside it)")
    parser.add_argument("--num_workers", type=int, help="accepted for PaddleSeg's command lines")


def _voc_augment(args: argparse.Namespace) -> None:
    from paddleseg.convert.sbd import augment_voc

    count = augment_voc(args.voc_path, args.sbd_path or args.voc_path.parent / "benchmark_RELEASE")
    say(f"{args.voc_path}: {count} more photos with labels, for the mode trainaug")


def _add_cityscapes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--cityscapes_path", type=Path, required=True, metavar="DIR", help="with gtFine in it")
    parser.add_argument("--num_workers", type=int, help="accepted for PaddleSeg's command lines")


def _cityscapes(args: argparse.Namespace) -> None:
    from paddleseg.convert.cityscapes import convert_cityscapes

    say(f"{args.cityscapes_path}: {convert_cityscapes(args.cityscapes_path)} labels written")


def _add_cocostuff(parser: argparse.ArgumentParser) -> None:
    default = Path("annotations"), Path("convert_annotations")
    parser.add_argument(
        "--annotation_path", type=Path, default=default[0], metavar="DIR", help="holds train2017 and val2017"
    )
    parser.add_argument("--save_path", type=Path, default=default[1], metavar="DIR", help="where the labels go")


def _cocostuff(args: argparse.Namespace) -> None:
    from paddleseg.convert.renumber import cocostuff

    for folder, count in cocostuff(args.annotation_path, args.save_path):
        say(f"{folder}: {count} labels")


def _add_pascal_context(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--voc_path", type=Path, required=True, metavar="DIR", help="VOC2010, with JPEGImages in it")
    parser.add_argument(
        "--annotation_path", type=Path, metavar="DIR", help="holds trainval_merged.json (default: VOC2010)"
    )


def _pascal_context(args: argparse.Namespace) -> None:
    from paddleseg.convert.pascal_context import pascal_context

    given = args.annotation_path or args.voc_path
    counts = pascal_context(args.voc_path, given / "trainval_merged.json" if given.is_dir() else given)
    say(f"{args.voc_path / 'Context'}: labels of {counts['train']} + {counts['val']} photos")


def _add_multilabel(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dataset_type", required=True, choices=["uwmgi", "coco"], help="what is converted")
    parser.add_argument("--zip_input", type=Path, metavar="FILE", help="uwmgi: the contest's archive")
    parser.add_argument("--img_input", type=Path, metavar="DIR", help="coco: the photos")
    parser.add_argument("--ann_input", type=Path, metavar="FILE", help="coco: the instance file")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="for images, annotations and lists")
    parser.add_argument("--train_proportion", type=float, default=0.8, help="of pairs (default: 0.8)")
    parser.add_argument("--val_proportion", type=float, default=0.2, help="of pairs (default: 0.2)")
    parser.add_argument("--seed", type=int, default=0, help="of the division (default: 0)")


def _multilabel(args: argparse.Namespace) -> None:
    from paddleseg.convert.multilabel import coco_multilabel
    from paddleseg.convert.uwmgi import uwmgi_multilabel

    flags.require_ranges(
        ("--train_proportion", args.train_proportion, 0, 1),
        ("--val_proportion", args.val_proportion, 0, 1),
        ("--seed", args.seed, 0, 2**32 - 1),
    )
    if abs(args.train_proportion + args.val_proportion - 1) > 1e-6:
        raise ConfigError("--val_proportion", "does not add up to 1 with --train_proportion", "give 0.8 and 0.2")
    needed = ["zip_input"] if args.dataset_type == "uwmgi" else ["img_input", "ann_input"]
    lacking = [Problem(f"--{name}", "is missing", "name it") for name in needed if getattr(args, name) is None]
    if lacking:
        raise ConfigError(lacking)
    rest = args.output, args.train_proportion, args.seed
    if args.dataset_type == "uwmgi":
        done = uwmgi_multilabel(args.zip_input, *rest)
    else:
        done = coco_multilabel(args.img_input, args.ann_input, *rest)
    parts = ", ".join(f"{count} for {part}" for part, count in done.counts.items())
    say(f"{args.output}: {parts}; masks of {', '.join(done.classes)}", done.notes)


def _add_cityscapes_ids(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--root_dir", type=Path, required=True, metavar="DIR", help="the save_dir of predict")


def _cityscapes_ids(args: argparse.Namespace) -> None:
    from paddleseg.convert.renumber import CITYSCAPES_IDS, renumber

    target = args.root_dir / "convert_to_labelid"
    count = renumber(args.root_dir / "pseudo_color_prediction", target, CITYSCAPES_IDS)
    say(f"{target}: {count} masks")


SUBJECTS: dict[str, Subject] = {
    "voc_augment": ("SBD's labels for PASCAL VOC's mode trainaug", _add_voc_augment, _voc_augment),
    "cityscapes": ("Cityscapes' ids as its 19 classes", _add_cityscapes, _cityscapes),
    "cityscapes_ids": (
        "predictions of Cityscapes' classes as the ids that its server wants",
        _add_cityscapes_ids,
        _cityscapes_ids,
    ),
    "pascal_context": ("PASCAL Context's file as labels of its 60 classes", _add_pascal_context, _pascal_context),
    "multilabel": ("masks of classes that lie over each other, and lists", _add_multilabel, _multilabel),
    "cocostuff": ("COCO-Stuff's label files as its 171 classes", _add_cocostuff, _cocostuff),
}
