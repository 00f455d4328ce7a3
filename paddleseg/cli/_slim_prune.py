"""`paddleseg slim prune`."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paddleseg.cli import flags, train

if TYPE_CHECKING:
    from paddleseg.slim.prune.prune import Prune, Pruned

HELP = "take channels out of a trained network until it costs what it may, then train it on"
EXAMPLE = """
paddleseg slim prune --config portrait_fine_tune --model_path zoo://portrait --target_macs 0.5 --save_dir output/half
paddleseg slim prune --config portrait_fine_tune --model_path zoo://portrait --slim criterion=fpgm --no_fine_tune
"""
PRUNED = "pruned"
"""Below `--save_dir`: the small network as training begins."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    train.add_arguments(parser)
    flags.add_model_path(parser)
    flags.add_slim(parser, "criterion=fpgm most=0.5")
    flags.add_calibrate(parser)
    parser.add_argument(
        "--target_macs", type=float, metavar="SHARE", help="of the multiply-adds, what may remain (default: 0.5)"
    )
    parser.add_argument("--no_fine_tune", action="store_true", help="write the small network, and do not train it")


def run(args: argparse.Namespace) -> int:
    from paddleseg.engine.dist import RANK_VARIABLE

    folder = Path(args.save_dir).resolve() / PRUNED
    begun = folder.is_dir() and (args.resume or RANK_VARIABLE in os.environ)  # ranks find what the first process wrote
    if not begun:
        _prune(args, folder)
    if args.no_fine_tune:
        return 0
    args.opts = [*args.opts, f"model.pretrained={folder}"]
    return train.run(args)


def _prune(args: argparse.Namespace, folder: Path) -> None:
    from paddleseg import assemble
    from paddleseg.cli import _slim
    from paddleseg.config.load import load_config
    from paddleseg.device import select_device
    from paddleseg.errors import OutputError
    from paddleseg.export.quantize.observe import inputs_of, of_all_shapes
    from paddleseg.slim.prune.prune import Prune, prune, write
    from paddleseg.slim.settings import read_settings

    target = [] if args.target_macs is None else [f"target_macs={args.target_macs}"]
    settings = read_settings(Prune, args.slim_config, [*target, *args.slim])
    if folder.exists() and not args.overwrite:
        hint = "give another --save_dir, or --resume auto to train on, or --overwrite"
        raise OutputError(str(folder), "holds a pruned network already", hint)
    cfg = load_config(args.config, args.opts)
    select_device(cfg.train.device)
    weights = assemble.weights_of(cfg, args.model_path)
    model, card = assemble.model_from_config(cfg, args.model_path), assemble.card_from_config(cfg, weights=weights)
    inputs = list(inputs_of(card, of_all_shapes(_slim.calibration_photos(args), settings.photos)))
    parameters = _parameters(model)
    done = prune(model, inputs, settings)
    write(folder, model, done)
    _say(settings, done)
    n, c, h, w = inputs[0].shape
    for what, before, after in (
        (f"multiply-adds of {n} x {c} x {h} x {w}", *done.macs),
        ("parameters", parameters, _parameters(model)),
    ):
        print(f"{what}: {before:,} -> {after:,} ({after / before:.0%})")
    print(f"{folder}: the small network, before training")


def _parameters(model: Any) -> int:
    return sum(int(parameter.size) for parameter in model.parameters() if not parameter.stop_gradient)


def _say(settings: Prune, done: Pruned) -> None:
    """The groups, those that lose most channels first."""
    from rich.console import Console
    from rich.table import Column, Table

    tried = sorted(done.curves[0]) if done.curves else []
    table = Table(
        Column("group", overflow="fold"), "channels", "stay", *(f"mIoU lost at {share:.0%}" for share in tried)
    )
    curves = done.curves or [{} for _ in done.groups]
    rows = zip(done.groups, curves, strict=True)
    for (group, stays), curve in sorted(rows, key=lambda row: row[0][1] / len(row[0][0])):
        table.add_row(group.name, str(len(group)), str(stays), *(f"{100 * curve[share]:.2f}" for share in tried))
    Console(soft_wrap=True).print(table)
    if done.by_l1:
        print(f"Without a batch norm, so by L1 and not by {settings.criterion}: {', '.join(done.by_l1)}")
