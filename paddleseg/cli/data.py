"""`paddleseg data ...`: get data sets ready, and turn other people's annotations into masks."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = "prepare published data sets, convert annotations, make and divide lists, count classes"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    subjects = parser.add_subparsers(dest="subject", required=True, metavar="SUBJECT")
    for name, (text, add, _) in _SUBJECTS.items():
        add(subjects.add_parser(name, help=text, description=text))


def run(args: argparse.Namespace) -> int:
    return _SUBJECTS[args.subject][2](args)


def _add_prepare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="the data set's name, such as EG1800; see docs/datasets.md")
    parser.add_argument("--root", required=True, metavar="DIR", help="the unpacked folder")
    parser.add_argument("--save_dir", metavar="DIR", help="where the lists go (default: the same folder)")
    parser.add_argument("--seed", type=int, default=0, help="of the division, where there is no official one")


def _prepare(args: argparse.Namespace) -> int:
    from paddleseg.datasets.prepare import prepare
    from paddleseg.datasets.published import Published
    from paddleseg.errors import ConfigError
    from paddleseg.registry import DATASETS

    dataset = DATASETS.get(args.name, "data set")
    if not (isinstance(dataset, type) and issubclass(dataset, Published)):
        raise ConfigError(args.name, "needs no preparation", "its type goes into the configuration as it is")
    print(f"{args.name}: {dataset.TERMS}")
    found = prepare(dataset, Path(args.root), Path(args.save_dir) if args.save_dir else None, args.seed)
    for mode, count in found.counts.items():
        print(f"  {mode:10} {count:8,} pairs")
    for note in found.notes:
        print(f"  {note}")
    for file in found.files:
        print(f"Wrote {file}")
    return 0


_SUBJECTS = {
    "prepare": ("check a published data set and write its lists", _add_prepare, _prepare),
}
