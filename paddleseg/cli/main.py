"""`paddleseg COMMAND ...`, and the same commands as `tools/COMMAND.py`."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from paddleseg.program import reports_mistakes
from paddleseg.version import __version__

_NOT_COMMANDS = {"main", "flags"}


def commands() -> list[str]:
    """The command names: the modules beside this one."""
    here = Path(__file__).parent
    return sorted(path.stem for path in here.glob("[a-z]*.py") if path.stem not in _NOT_COMMANDS)


def build_parser(only: str | None = None) -> argparse.ArgumentParser:
    """The parser of all commands; importing just one command's module where `only` names it.

    A command's module has HELP, EXAMPLE (a line for each of its subcommands too), add_arguments and run.
    """
    parser = argparse.ArgumentParser(
        prog="paddleseg",
        description="Portrait and semantic segmentation on PaddlePaddle.",
        epilog="`paddleseg COMMAND --help` shows a command's flags and examples.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in commands() if only is None else [only]:
        module = importlib.import_module(f"paddleseg.cli.{name}")
        command = subparsers.add_parser(name, help=module.HELP, description=module.HELP)
        module.add_arguments(command)
        command.set_defaults(run=module.run)
        examples = [line for line in module.EXAMPLE.splitlines() if line]
        for each in _with_subcommands(command):
            _show_examples(each, examples)
    return parser


def _with_subcommands(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for child in action.choices.values():
                yield from _with_subcommands(child)


def _show_examples(parser: argparse.ArgumentParser, examples: Sequence[str]) -> None:
    """End a parser's help with those of the examples that call it."""
    own = [line for line in examples if f"{line} ".startswith(f"{parser.prog} ")]
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = "\n  ".join(["example:" if len(own) == 1 else "examples:", *own])


@reports_mistakes
def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; exit codes are those of `paddleseg.program`."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments:
        build_parser().print_help(sys.stderr)
        return 2
    only = arguments[0] if arguments[0] in commands() else None
    args = build_parser(only).parse_args(arguments)
    args.argv = arguments  # for a command that starts itself again, such as data-parallel training
    return args.run(args)


if __name__ == "__main__":
    sys.exit(main())
