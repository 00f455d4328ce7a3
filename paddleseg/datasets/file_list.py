"""The list of a data set's pairs under PaddleSeg's name."""

from __future__ import annotations

from collections.abc import Iterable, MutableSequence
from pathlib import Path
from typing import Any


class FileList(MutableSequence[Any]):
    """The pairs of a data set as PaddleSeg's code knows them: [image, label], each a text, or None for no label."""

    def __init__(self, dataset: Any):
        self._dataset = dataset

    def __len__(self) -> int:
        return len(self._dataset.entries)

    def __getitem__(self, index: Any) -> Any:
        found = self._dataset.entries[index]
        return [_texts(pair) for pair in found] if isinstance(index, slice) else _texts(found)

    def __setitem__(self, index: Any, pair: Any) -> None:
        self._dataset.entries[index] = pair

    def __delitem__(self, index: Any) -> None:
        del self._dataset.entries[index]

    def insert(self, index: int, pair: Any) -> None:
        self._dataset.entries.insert(index, pair)

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, (list, FileList)) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # as of a list

    def __add__(self, others: Iterable[Any]) -> list[Any]:
        return [*self, *others]

    def __repr__(self) -> str:
        return repr(list(self))


def _texts(pair: Any) -> Any:
    return pair if isinstance(pair, (str, Path)) else [None if path is None else str(path) for path in pair]
