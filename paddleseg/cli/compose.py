"""`paddleseg compose`."""

from __future__ import annotations

import argparse
import os
import re

from paddleseg.cli import flags
from paddleseg.errors import DataError, Problem

HELP = "make training pictures: the people of a data set before other backgrounds"
EXAMPLE = "paddleseg compose my_compose.yml --output data/composed --count 5000 --max_disk 2GB"

_MOST_JOBS, _SEEDS = 1024, 2**32 - 1
_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("config", metavar="CONFIG", help="YAML file whose train_dataset has a ComposePortrait")
    flags.add_opts(parser)
    parser.add_argument("--output", required=True, metavar="DIR", help="gets images/, masks/ and train.txt")
    parser.add_argument("--count", required=True, type=_count, metavar="N", help="pictures in all")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="other pictures for every seed (default: 0)")
    parser.add_argument(
        "--jobs", type=_count, default=os.cpu_count() or 1, metavar="N", help="processes (default: one a core)"
    )
    parser.add_argument(
        "--max_disk", type=parse_size, default=float("inf"), metavar="SIZE", help="stop at so much, such as 10GB"
    )


def run(args: argparse.Namespace) -> int:
    from paddleseg.config import load_config
    from paddleseg.config.build import build_dataset
    from paddleseg.datasets.compose import LIST_FILE, MOST_PICTURES, compose

    flags.require_ranges(
        ("--count", args.count, 1, MOST_PICTURES),
        ("--jobs", args.jobs, 1, _MOST_JOBS),
        ("--seed", args.seed, 0, _SEEDS),
    )
    cfg = load_config(args.config, args.opts)
    cfg.require("train_dataset")
    dataset = build_dataset(cfg, "train")
    done = compose(dataset, args.output, args.count, seed=args.seed, jobs=args.jobs, max_bytes=args.max_disk)
    print(f"{done.kept} pictures in {args.output} ({done.written} new, {done.nbytes / 1e6:.1f} MB), list: {LIST_FILE}")
    if done.is_full:
        print(f"Stopped at --max_disk, before the {args.count} pictures asked for.")
    if done.problems:
        said = Problem(args.output, f"lacks {done.failed} of {args.count} pictures, which these would be part of")
        raise DataError([*done.problems, said])
    return 0


def parse_size(text: str) -> float:
    """Bytes of "10GB", "500M" or "1e9"."""
    match = re.fullmatch(r"(\d+\.?\d*(?:e\+?\d{1,2})?)\s*([KMGT]?)B?", text.strip(), re.IGNORECASE | re.ASCII)
    size = float(match[1]) * _UNITS[match[2].upper()] if match else 0.0
    if size <= 0:
        raise argparse.ArgumentTypeError(f"not a size: {text!r}; write 10GB or 500MB")
    return size


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"should be a whole number from 1 on, not {text!r}")
    return int(text)
