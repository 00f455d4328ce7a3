"""`paddleseg zoo list | show | get`."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from paddleseg import zoo

HELP = "published weights: what there is, their cards, copies of them"
EXAMPLE = """
paddleseg zoo list
paddleseg zoo show portrait
paddleseg zoo get portrait --save_dir weights
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help="one line for each")
    show = actions.add_parser("show", help="print a card")
    get = actions.add_parser("get", help="write weights and card to a folder, fetching what is not in the package")
    for action in (show, get):
        action.add_argument("name", metavar="NAME", type=lambda text: text.removeprefix("zoo://"))
    get.add_argument("--save_dir", default=".", metavar="DIR", help="where to (default: here)")


def run(args: argparse.Namespace) -> int:
    if args.action == "list":
        _list()
    elif args.action == "show":
        print(zoo.card_path(args.name).read_text(encoding="utf-8"), end="")
    else:
        _get(args.name, Path(args.save_dir))
    return 0


def _list() -> None:
    from paddleseg.card import read_card

    rows = [["name", "task", "input (h x w)", "parameters", "licence", "weights"]]
    for uri in zoo.names():
        path = zoo.card_path(uri.removeprefix("zoo://"))
        card = read_card(path)
        size = "x".join(map(str, card.input.size or ("any",)))
        packed = any(path.with_suffix(ending).is_file() for ending in (".pdparams", ".onnx"))
        there = "in the package" if packed else f"fetched from {card.url}"
        rows.append([card.name, card.about, size, f"{card.measured.parameters or 0:,}", card.licence, there])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:  # plain lines: names are there to be copied, so they are neither cut nor framed
        print("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())


def _get(name: str, folder: Path) -> None:
    from paddleseg.files import atomic_path

    card = zoo.card_path(name)
    graph = card.with_suffix(".onnx")
    weights = [zoo.weights_path(name)] if zoo.card(name).files.weights or not graph.is_file() else []
    for source in (*weights, *([graph] if graph.is_file() else []), card):
        with atomic_path(folder / source.name) as temporary:
            shutil.copyfile(source, temporary)
        print(folder / source.name)
