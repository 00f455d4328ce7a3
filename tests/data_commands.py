"""`paddleseg data` and the lists that it writes, for the tests of its tools."""

from __future__ import annotations

from pathlib import Path

from paddleseg.cli.main import main


def data(*arguments: object) -> int:
    return main(["data", *map(str, arguments)])


def pairs(file: Path) -> list[list[str]]:
    return [line.split() for line in file.read_text().splitlines()]
