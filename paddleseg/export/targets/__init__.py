"""What a model can be exported for, each under its registered name; the runtime of the same name runs it."""

from __future__ import annotations

from collections.abc import Iterable

from paddleseg.card import Card
from paddleseg.errors import ExportError, Problem
from paddleseg.export.targets.base import Target
from paddleseg.inference.runtimes import runtime_class
from paddleseg.registry import TARGETS


def target_class(name: str) -> type[Target]:
    """The target called `name`.

    Raises:
        ConfigError: There is none.
    """
    kind = TARGETS.get(name, "--to")
    assert isinstance(kind, type) and issubclass(kind, Target)
    return kind


def in_order(names: Iterable[str]) -> list[type[Target]]:
    """The targets called `names` and those that they are made of, each once and after what it is made of.

    Raises:
        ConfigError: There is none of a name.
    """
    found: dict[str, type[Target]] = {}
    for name in names:
        kind = target_class(name)
        for each in (*in_order(kind.made_of), kind):
            found.setdefault(each.name, each)
    return list(found.values())


def written(card: Card) -> list[type[Target]]:
    """The targets whose files a card names."""
    keys = {target: target.files("", "pir") for target in in_order(TARGETS)}
    return [target for target, files in keys.items() if all(getattr(card.files, key) for key in files)]


def require(targets: Iterable[type[Target]], compare: bool) -> None:
    """Refuse targets that cannot be written here or, where they are to be compared, not run; all of them at once.

    Raises:
        ExportError: Some cannot.
    """
    problems = []
    for target in targets:
        runtime = runtime_class(target.name)
        if why := target.missing():
            problems.append(Problem(f"target {target.name}", why, target.cure))
        elif compare and (why := runtime.missing()):
            problems.append(Problem(f"target {target.name}", f"cannot be compared: {why}", runtime.cure or target.cure))
    if problems:
        raise ExportError(problems)
