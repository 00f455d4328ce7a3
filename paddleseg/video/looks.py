"""The backgrounds that a key goes through."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from paddleseg.errors import DataError, Problem
from paddleseg.images.backgrounds import Blur
from paddleseg.video.compositor import Compositor

USUAL = ("blur", "#00b140")


class Looks:
    """Compositors, one of which is in use: those asked for, then what everybody has.

    Args:
        names: As `Compositor` takes them; the first one is in use.
        options: Of every compositor: light_wrap, colour_match.

    Raises:
        DataError: Some are no background; all of them are named.

    Example:
        >>> looks = Looks(["office.jpg"])
        >>> looks.turn()  # blur
    """

    def __init__(self, names: Sequence[str], **options: Any):
        self._options = options
        self._all: list[Compositor] = []
        problems: list[Problem] = []
        blurs = any(name.partition(":")[0] == "blur" for name in names)
        for name in dict.fromkeys([*names, *USUAL[blurs:]]):
            try:
                self._all.append(Compositor(name, **options))
            except DataError as error:
                problems += error.problems
        if problems:
            raise DataError(problems)
        self._place = 0

    @property
    def current(self) -> Compositor:
        """The one in use."""
        return self._all[self._place]

    def turn(self) -> None:
        """Use the next one."""
        self._place = (self._place + 1) % len(self._all)

    def blur(self, strength: float) -> None:
        """Use blur of this strength, above 0, up to 1."""
        if not isinstance(self.current.background, Blur):
            self._place = next(i for i, each in enumerate(self._all) if isinstance(each.background, Blur))
        self._all[self._place] = Compositor(Blur(strength), **self._options)
