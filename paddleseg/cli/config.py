"""`paddleseg config show | check | schema | list | get`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import yaml

from paddleseg.cli import flags
from paddleseg.config.load import load_config, load_tree
from paddleseg.config.places import copy_shipped, names
from paddleseg.config.tree import Node, dotted
from paddleseg.config.yaml_io import dump

HELP = "show, check or describe configuration files"
EXAMPLE = """
paddleseg config check configs/pp_humanseg/portrait_fine_tune.yml
paddleseg config show configs/pp_humanseg/portrait_fine_tune.yml --origin
paddleseg config list
paddleseg config get portrait_fine_tune --save_dir configs
paddleseg config schema > paddleseg.schema.json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    show = actions.add_parser("show", help="print a file with its _base_ files merged in")
    check = actions.add_parser("check", help="list every problem of a file, components' arguments included")
    schema = actions.add_parser("schema", help="print the JSON schema of configuration files, for editors")
    schema.add_argument("config", metavar="FILE", nargs="?", help="a file whose plugins the schema should know too")
    actions.add_parser("list", help="the configurations that come with this package")
    get = actions.add_parser("get", help="copy one of them, with the _base_ files it needs")
    get.add_argument("config", metavar="NAME", help="as `list` shows it; the folder may be left out")
    get.add_argument("--save_dir", default="configs", metavar="DIR", help="where to (default: %(default)s)")
    for action in (show, check):
        action.add_argument("config", metavar="FILE")
        flags.add_opts(action)
    show.add_argument("--resolved", action="store_true", help="as the toolkit understands it, with all defaults")
    show.add_argument("--origin", action="store_true", help="one line a key, with the file and line that wrote it")


def run(args: argparse.Namespace) -> int:
    if args.action == "schema":
        from paddleseg.config.json_schema import json_schema

        if args.config:
            load_config(args.config)
        print(json.dumps(json_schema(), indent=2))
    elif args.action == "list":
        print("\n".join(names()))
    elif args.action == "get":
        for file in copy_shipped(args.config, Path(args.save_dir)):
            print(file)
    elif args.action == "check":
        load_config(args.config, args.opts)
        print(f"{args.config}: no problems found")
    else:
        _show(args)
    return 0


def _show(args: argparse.Namespace) -> None:
    if args.resolved:
        cfg = load_config(args.config, args.opts, check=False)
        tree = cfg.resolved_tree()
    else:
        tree = load_tree(args.config, args.opts)
    if not args.origin:
        print(dump(tree.plain()), end="")
        return
    lines = [(f"{dotted(path)}: {_scalar(node)}", str(node.origin)) for path, node in _leaves(tree)]
    width = max((len(text) for text, _ in lines), default=0)
    for text, origin in lines:
        print(f"{text:<{width}}  # {origin}")


def _leaves(node: Node, path: tuple = ()) -> Iterator[tuple[tuple, Node]]:
    children = node.children()
    if not children or (path and all(not child.children() for _, child in children) and isinstance(node.value, list)):
        yield path, node
        return
    for key, child in children:
        yield from _leaves(child, (*path, key))


def _scalar(node: Node) -> str:
    return yaml.safe_dump(node.plain(), default_flow_style=True, width=10**6).removesuffix("\n").removesuffix("\n...")
