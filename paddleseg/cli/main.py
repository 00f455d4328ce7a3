"""`paddleseg COMMAND ...`, and the same commands as `tools/COMMAND.py`."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

from paddleseg.errors import reports_mistakes
from paddleseg.version import __version__

_NOT_COMMANDS = {"main", "flags"}


def commands() -> list[str]:
    """The command names: the modules beside this one."""
    here = Path(__file__).parent
    return sorted(path.stem for path in here.glob("[a-z]*.py") if path.stem not in _NOT_COMMANDS)


def build_parser(only: str | None = None) -> argparse.ArgumentParser:
    """The parser of all commands; importing just one command's module where `only` names it."""
    parser = argparse.ArgumentParser(
        prog="paddleseg", description="Portrait and semantic segmentation on PaddlePaddle."
    )
    parser.add_argument("--version", action="version", version=__version__)
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in commands() if only is None else [only]:
        module = importlib.import_module(f"paddleseg.cli.{name}")
        command = subparsers.add_parser(name, help=module.HELP, description=module.HELP)
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return parser


@reports_mistakes
def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; 0 when it went well, 2 for a mistake the user can mend, 130 after Ctrl-C."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    only = arguments[0] if arguments and arguments[0] in commands() else None
    # Paddle warns about a missing compiler cache at every import, and that training mode is training mode.
    warnings.filterwarnings("ignore", message="No ccache found|When training, we now always track")
    args = build_parser(only).parse_args(arguments)
    args.argv = arguments  # for a command that starts itself again, such as data-parallel training
    try:
        return args.run(args)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader of a pipe, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


if __name__ == "__main__":
    sys.exit(main())
