"""`paddleseg slim METHOD ...`; each method is a module `_slim_METHOD` beside this one, in the form of a command's."""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path
from types import ModuleType


def methods() -> dict[str, ModuleType]:
    """The methods' modules by name."""
    files = sorted(Path(__file__).parent.glob("_slim_*.py"))
    return {file.stem.removeprefix("_slim_"): importlib.import_module(f"paddleseg.cli.{file.stem}") for file in files}


HELP = "make a trained network smaller or faster, and measure what that costs"
EXAMPLE = "".join(module.EXAMPLE for module in methods().values())


def add_arguments(parser: argparse.ArgumentParser) -> None:
    subparsers = parser.add_subparsers(dest="method", required=True, metavar="METHOD")
    for name, module in methods().items():
        method = subparsers.add_parser(name, help=module.HELP, description=module.HELP)
        module.add_arguments(method)
        method.set_defaults(run_method=module.run)


def run(args: argparse.Namespace) -> int:
    return args.run_method(args)
