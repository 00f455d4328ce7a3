"""`paddleseg analyze CONFIG`."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from typing import TYPE_CHECKING

from paddleseg.cli import flags

if TYPE_CHECKING:
    from rich.table import Table

    from paddleseg.analysis.macs import Cost

HELP = "count a network's parameters, multiply-adds and memory, and measure its receptive field"
EXAMPLE = """
paddleseg analyze configs/pp_humanseg/portrait_fine_tune.yml
paddleseg analyze configs/pp_humanseg/portrait_fine_tune.yml --size 144 256 --receptive_field
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("config", metavar="CONFIG", help="the YAML file of the run")
    flags.add_opts(parser)
    flags.add_size(parser)
    parser.add_argument(
        "--input_shape", nargs=4, type=int, metavar=("N", "C", "H", "W"), help="the whole shape, in place of --size"
    )
    parser.add_argument("--receptive_field", action="store_true", help="also measure the receptive field (slower)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")


def run(args: argparse.Namespace) -> int:
    from rich.console import Console

    from paddleseg.analysis.macs import count
    from paddleseg.analysis.receptive_field import receptive_field
    from paddleseg.assemble import card_from_config
    from paddleseg.config.build import Builder
    from paddleseg.config.load import load_config
    from paddleseg.device import select_device

    cfg = load_config(args.config, flags.sized_opts(args))
    select_device("cpu")
    card = card_from_config(cfg)
    shape = args.input_shape or [1, card.input.channels, *(card.input.size or flags.stand_in_size(args.config))]
    model = Builder(cfg).untrained_model()
    cost = count(model, shape)
    field = receptive_field(model, shape) if args.receptive_field else None
    if args.json:
        found = dataclasses.asdict(cost) | {"macs": cost.macs}
        print(json.dumps(found | ({"receptive_field": dataclasses.asdict(field)} if field else {}), indent=1))
        return 0
    # A file or a pipe has no width of its own.
    Console(width=None if sys.stdout.isatty() else 130).print(_table(cost))
    print(f"input {' x '.join(map(str, shape))}")
    print(f"parameters {cost.parameters:,}")
    print(f"multiply-adds {cost.macs / 1e9:.4f} G")
    print(f"activations {cost.peak_bytes / 1e6:.1f} MB at once, {cost.total_bytes / 1e6:.1f} MB in all")
    if field:
        print(f"receptive field {field}")
    return 0


def _table(cost: Cost) -> Table:
    from rich.table import Table

    table = Table()
    for title in ("layer", "kind", "output"):
        table.add_column(title, no_wrap=True)
    for title in ("parameters", "multiply-adds", "share"):
        table.add_column(title, justify="right")
    for layer in cost.layers:
        output = " x ".join(map(str, layer.output[1:]))
        share = f"{layer.macs / cost.macs:.1%}"
        table.add_row(layer.name, layer.kind, output, f"{layer.parameters:,}", f"{layer.macs:,}", share)
    rest = cost.parameters - sum(layer.parameters for layer in cost.layers)
    table.add_row("", "norms and all else", "", f"{rest:,}", "", "")
    return table
