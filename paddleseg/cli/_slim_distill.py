"""`paddleseg slim distill`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from paddleseg.cli import flags, train

if TYPE_CHECKING:
    from paddleseg.slim.distill import Distill

HELP = "train a small network with a large trained one as its teacher"
EXAMPLE = """
paddleseg slim distill --config portrait_fine_tune --teacher_config portrait_accurate --do_eval
paddleseg slim distill --config small.yml --teacher_config large.yml --teacher_path output/large/best_model
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    train.add_arguments(parser)
    flags.add_slim(parser, "distill_loss.coef=[3]")
    parser.add_argument(
        "--teacher_config", metavar="FILE", help="whose `model` teaches (default: the config's teacher)"
    )
    parser.add_argument(
        "--teacher_path", metavar="WEIGHTS", help="the teacher's weights (default: those that its config names)"
    )


def run(args: argparse.Namespace) -> int:
    from paddleseg.slim.distill import Distill
    from paddleseg.slim.settings import read_settings

    args.opts = [*_opts(args, read_settings(Distill, args.slim_config, args.slim)), *args.opts]
    return train.run(args)


def _opts(args: argparse.Namespace, settings: Distill) -> list[str]:
    """Teacher and losses, as `--opts` would write them."""
    from paddleseg.config.load import load_config
    from paddleseg.slim.distill import overrides, teacher_of

    cfg = load_config(args.config, args.opts)
    teacher: dict[str, Any] | None = None
    if args.teacher_config:
        teacher = teacher_of(load_config(args.teacher_config), args.teacher_path)
    elif args.teacher_path:
        teacher = cfg.need("teacher", cfg.teacher).model_dump() | {"pretrained": args.teacher_path}
    else:
        cfg.require("teacher")
    return overrides(cfg, settings, teacher)
