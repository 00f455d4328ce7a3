"""What is minimised: which loss compares which output of a model with which fields of a sample, and its weight."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

import paddle

from paddleseg.errors import ConfigError, Problem
from paddleseg.models.contract import Head

_FIELD_HINTS = {"edge": "set train_dataset.edge: True", "soft": "set train_dataset.soft_root"}


@dataclass(frozen=True)
class LossTerm:
    """One term of the sum.

    Args:
        loss: Takes (output, target).
        output: The place of the model's output, main first.
        targets: The fields it compares with; where there are several it gets them by name.
        weight: Its factor.
    """

    loss: Any
    output: int
    targets: tuple[str, ...]
    weight: float

    def __call__(self, outputs: Sequence[paddle.Tensor], batch: dict[str, paddle.Tensor]) -> paddle.Tensor:
        """Raises a `ConfigError` where the batch lacks a field."""
        lacking = [name for name in self.targets if name not in batch]
        if lacking:
            raise ConfigError([_lacks(self, name, "loss") for name in lacking])
        one = len(self.targets) == 1
        target: Any = batch[self.targets[0]] if one else {name: batch[name] for name in self.targets}
        return self.weight * self.loss(outputs[self.output], target)


class LossPlan:
    """The terms of a model's loss: a loss and a weight for each of its outputs; a single entry serves all of them.

    Args:
        losses: In the order of the outputs. A loss says in `label_key` which fields it wants, if not "label".
        coefs: Their weights.
        where: The place of loss number n in a file, for messages.

    Raises:
        ConfigError: By `resolve`, or on first use where the model does not say its outputs: there are not as many
            losses as outputs, or a loss does not fit its output or the data.
    """

    def __init__(
        self, losses: Sequence[Any], coefs: Sequence[float], where: Callable[[int], str] = lambda number: "loss"
    ):
        self.losses, self.coefs, self.where = list(losses), list(coefs), where
        self._terms: list[LossTerm] = []

    def resolve(self, heads: Sequence[Head], fields: Collection[str]) -> None:
        """Match losses with the outputs of a model and the fields of a data set before the first step."""
        self._terms = self._matched(len(heads))
        problems = [
            _lacks(term, name, self._place(term)) for term in self._terms for name in term.targets if name not in fields
        ]
        for term in self._terms:
            head, wanted = heads[term.output], getattr(term.loss, "head_kinds", None)
            if wanted is not None and head.kind not in wanted:
                what = f"{type(term.loss).__name__} is for {' or '.join(wanted)}, output {head.name} gives {head.kind}"
                problems.append(Problem(self._place(term), what, "list another loss for this output"))
        if problems:
            raise ConfigError(list(dict.fromkeys(problems)))

    def __call__(self, outputs: Sequence[paddle.Tensor], batch: dict[str, paddle.Tensor]) -> list[paddle.Tensor]:
        """The weighted loss of every output."""
        if len(self._terms) != len(outputs):
            self._terms = self._matched(len(outputs))
        return [term(outputs, batch) for term in self._terms]

    def _matched(self, count: int) -> list[LossTerm]:
        losses = self.losses * (count if len(self.losses) == 1 else 1)
        coefs = self.coefs * (count if len(self.coefs) == 1 else 1)
        if not len(losses) == len(coefs) == count:
            given = f"{len(self.losses)} types and {len(self.coefs)} coef"
            hint = "list one type and one coef for each output, or one for all"
            raise ConfigError(self.where(0), f"loss has {given}, but the model gives {count} outputs", hint)
        pairs = enumerate(zip(losses, coefs, strict=True))
        return [LossTerm(loss, number, _targets(loss), coef) for number, (loss, coef) in pairs]

    def _place(self, term: LossTerm) -> str:
        return self.where(term.output if len(self.losses) > 1 else 0)


def _targets(loss: Any) -> tuple[str, ...]:
    wanted = getattr(loss, "label_key", "label")
    return (wanted,) if isinstance(wanted, str) else tuple(wanted)


def _lacks(term: LossTerm, name: str, place: str) -> Problem:
    what = f"{type(term.loss).__name__} wants the map {name!r}, which the data set does not give"
    return Problem(place, what, _FIELD_HINTS.get(name, f"let a transform set sample[{name!r}]"))
