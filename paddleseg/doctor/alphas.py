"""What is wrong with alphas: masks in their place, turned round, or of colours that were multiplied by them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from paddleseg.doctor.findings import AlphaFacts, Finding, Pair, counted, names
from paddleseg.doctor.labels import Findings

_HARD = 0.0005
"""Share of soft pixels up to which an alpha is a mask; hair and fingers give ten times as many."""
_DARK = 3
"""Grey values of 255 up to which a pixel is black."""
_FADED = 0.45
"""Of colours that were multiplied, a fifth of opacity has a quarter of the light that four fifths have."""
_FEW = 30
"""Pixels that say nothing."""


def alpha_facts(alpha: np.ndarray, image: np.ndarray | None, shallow: bool) -> AlphaFacts:
    """What one alpha shows.

    Args:
        alpha: (H, W) float32 in [0, 1].
        image: The foreground (H, W, C) uint8 where the data set composes such; None where it is a photo.
        shallow: Whether its file has 16 bits and uses 8.
    """
    soft = float(np.mean((alpha > 0.5 / 255) & (alpha < 1 - 0.5 / 255)))
    return AlphaFacts(soft, float(alpha.max(initial=0)), shallow, image is not None and _is_multiplied(alpha, image))


def _is_multiplied(alpha: np.ndarray, image: np.ndarray) -> bool:
    """Whether a foreground is as dark at its soft edge as its alpha is low, and black beyond it."""
    light = image.mean(axis=2, dtype=np.float32)
    empty, thin, thick = alpha < 0.5 / 255, (alpha > 0.1) & (alpha < 0.3), (alpha > 0.7) & (alpha < 0.9)
    if min(empty.sum(), thin.sum(), thick.sum()) < _FEW or np.percentile(light[empty], 99) > _DARK:
        return False
    return float(light[thin].mean()) < _FADED * float(light[thick].mean())


@dataclass(frozen=True)
class _Check:
    """A fault that an alpha can show: its kind, what it is, and what to do."""

    kind: str
    what: str
    hint: str


_HARD_MASK = _Check(
    "alphas.hard", "no soft edge, so masks", "save them as the network or the artist gave them, unrounded"
)
_CLASSES = _Check(
    "alphas.classes", "no value above 1 of 255", "classes are no alpha: multiply by 255, or use `type: Dataset`"
)
_MULTIPLIED = _Check(
    "alphas.premultiplied",
    "foregrounds that get dark with their alpha: colours were multiplied by it",
    "save straight colours, or list the composed photos without `backgrounds`",
)
_SHALLOW = _Check(
    "alphas.shallow", "16 bits that hold no value above 255", "they are read as 8 bits; save them as such"
)


def alpha_findings(pairs: Sequence[Pair]) -> Findings:
    """What spoils a training on alphas."""
    problems: list[Finding] = []
    notes: list[Finding] = []
    known = [(pair, pair.alpha) for pair in pairs if pair.alpha is not None]
    filled = [pair for pair, facts in known if facts.largest > 0]
    classes = tuple(pair for pair, facts in known if 0 < facts.largest <= 1.5 / 255)
    hard = tuple(pair for pair, facts in known if facts.largest > 1.5 / 255 and facts.soft < _HARD)
    multiplied = tuple(pair for pair, facts in known if facts.multiplied)
    shallow = tuple(pair for pair, facts in known if facts.shallow)
    inverted = tuple(pair for pair in filled if pair.border > 0.5 and pair.border > pair.centre + 0.2)
    if classes:
        problems.append(_finding(_CLASSES, classes))
    if len(multiplied) > len(filled) / 2:
        problems.append(_finding(_MULTIPLIED, multiplied))
    if hard:
        (problems if len(hard) > len(filled) / 2 else notes).append(_finding(_HARD_MASK, hard))
    if len(inverted) > len(filled) / 2:
        turned = _Check(
            "alphas.inverted", "1 along the frame and 0 in the middle", "they are turned round: save 1 - alpha"
        )
        problems.append(_finding(turned, inverted))
    if shallow:
        notes.append(_finding(_SHALLOW, shallow))
    empty = tuple(pair for pair, facts in known if facts.largest == 0)
    if empty:
        nothing = _Check("alphas.empty", "nothing but background", "fine where nobody is to be seen")
        notes.append(_finding(nothing, empty))
    return problems, notes


def _finding(check: _Check, pairs: tuple[Pair, ...]) -> Finding:
    what = f"{check.what}: {counted(pairs, 'alpha')} ({names(pairs, labels=True)})"
    return Finding("alphas", what, check.hint, kind=check.kind, pairs=pairs)
