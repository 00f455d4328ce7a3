"""The values in labels: classes, their balance, and the usual mistakes in writing them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from paddleseg.datasets.base import Dataset
from paddleseg.datasets.checks import CURE_0_255, is_0_255, strange_values
from paddleseg.doctor.findings import Finding, Pair, counted, names

_MANY = 8
"""More strange values than that are soft edges, or another data set's classes."""
_NAMED = 20
_SOFT = 0.15
"""Share of the pixels up to which they are soft edges."""
_SPECKS = 10
_PIXELS = 16
_SMALL = 0.002
_CLOSE_UPS = 0.01
"""Share of the labels that may be all person: one of 1,318 in EG1800 is."""

Findings = tuple[list[Finding], list[Finding]]


def total(pairs: Sequence[Pair]) -> np.ndarray:
    """Pixels by label value, from 0 to 255 at least."""
    counts = np.zeros(max((len(pair.counts) for pair in pairs), default=256), np.int64)
    for pair in pairs:
        counts[: len(pair.counts)] += pair.counts
    return counts


def value_findings(pairs: Sequence[Pair], dataset: Dataset) -> Findings:
    """What ends or spoils a training: values that are no class, or not the class that is meant."""
    problems: list[Finding] = []
    notes: list[Finding] = []
    counts, classes = total(pairs), dataset.num_classes
    masks = tuple(pair for pair in pairs if is_0_255(pair.counts, classes))
    if len(masks) > sum(bool(pair.counts[1]) for pair in pairs):
        what = f"0 and 255 but no 1, so nobody, in {counted(masks, 'label')} ({names(masks, labels=True)})"
        problems.append(Finding("labels", what, CURE_0_255, kind="labels.0-255", pairs=masks))
        problems += _strange([pair for pair in pairs if not is_0_255(pair.counts, classes)], dataset)
    elif _is_offset(counts, classes, dataset.ignore_index):
        cure = ", ".join(f"{value}: {value - 1}" for value in range(1, classes + 1))
        what = f"no 0, but {classes}: classes are counted from 1 instead of 0"
        hint = f"add `label_map: {{{cure}}}` to the data set"
        problems.append(Finding("labels", what, hint, kind="labels.offset", pairs=tuple(pairs)))
    else:
        if masks:
            _mixed(pairs, masks, dataset, problems, notes)
        problems += _strange(pairs, dataset)
        if counts[0] and not counts[1:].any():
            hint = "check the label files"
            what = "all are background from border to border"
            problems.append(Finding("labels", what, hint, kind="labels.background"))
    empty = tuple(pair for pair in pairs if pair.is_empty)
    if empty:
        share = f"{100 * len(empty) / len(pairs):.0f} %"
        what = f"nothing but background in {counted(empty, 'label')}, {share} ({names(empty, labels=True)})"
        notes.append(Finding("labels", what, "fine where nobody is to be seen", kind="labels.empty", pairs=empty))
    absent = [str(number) for number in range(1, classes) if not counts[number]]
    if absent and len(absent) < classes - 1:
        shown = ", ".join(absent[:_NAMED]) + (f" and {len(absent) - _NAMED} more" if len(absent) > _NAMED else "")
        what = f"none shows class {shown}"
        notes.append(Finding("labels", what, "a net cannot learn what it never sees", kind="labels.absent"))
    return problems, notes


def _is_offset(counts: np.ndarray, classes: int, ignore_index: int) -> bool:
    """Whether the values are 1..N, all of them but N classes in themselves."""
    strange = strange_values(counts, classes, ignore_index)
    return not counts[0] and strange == [classes] and bool(counts[1:classes].any())


def _mixed(
    pairs: Sequence[Pair], masks: tuple[Pair, ...], dataset: Dataset, problems: list[Finding], notes: list[Finding]
) -> None:
    """Some labels of 0 and 255 among others: people where no other label ignores anything, and else perhaps not."""
    what = f"255 but no 1 in {counted(masks, 'label')} ({names(masks, labels=True)})"
    if dataset.ignore_index == 255 and any(pair.counts[255] and pair.counts[1] for pair in pairs):
        hint = "fine where 255 is meant to be ignored; masks of 0 and 255 have to be changed to 0 and 1"
        notes.append(Finding("labels", what, hint, kind="labels.255", pairs=masks))
    else:
        what += ", while the others hold 0 and 1"
        problems.append(Finding("labels", what, CURE_0_255, kind="labels.mixed", pairs=masks))


def _strange(pairs: Sequence[Pair], dataset: Dataset) -> list[Finding]:
    """Label values that are no class, with the files that hold them."""
    classes, ignored = dataset.num_classes, dataset.ignore_index
    hint = f"classes are 0..{classes - 1}, and {ignored} is ignored; "
    counts = total(pairs)
    values = strange_values(counts, classes, ignored)
    if len(values) > _MANY:
        holders = tuple(pair for pair in pairs if strange_values(pair.counts, classes, ignored))
        what = f"{len(values)} values between {values[0]} and {values[-1]} are no class: {counted(holders, 'label')}"
        # A mask drawn with 200 for person and softened holds mostly 200, and a little of everything.
        soft = counts[values].sum() - counts[values].max() < _SOFT * total(holders).sum()
        cure = "soft edges and JPEG spoil masks: save them hard, as PNG"
        hint += cure if soft else f"set `num_classes: {values[-1] + 1}`, or save masks hard, as PNG"
        what += f" ({names(holders, labels=True)})"
        return [Finding("labels", what, hint, kind="labels.strange", pairs=holders, optional=True)]
    problems = []
    for value in values:
        holders = tuple(pair for pair in pairs if pair.counts[value])
        pixels = sum(int(pair.counts[value]) for pair in holders)
        where = f"{counted(holders, 'label')} ({names(holders, labels=True)})"
        what = f"value {value} is no class: {pixels} pixels in {where}"
        cure = hint + "`label_map` changes values on reading"
        problems.append(Finding("labels", what, cure, kind="labels.strange", pairs=holders, optional=True))
    return problems


def content_findings(pairs: Sequence[Pair], dataset: Dataset) -> Findings:
    """What the labels show."""
    problems: list[Finding] = []
    notes: list[Finding] = []
    read = [pair for pair in pairs if pair.size and pair.counts.any()]
    known = [pair for pair in read if pair.counts[: dataset.num_classes].any()]
    ignored = tuple(pair for pair in read if pair.counts[dataset.ignore_index] == pair.counts.sum())
    if ignored and dataset.ignore_index >= dataset.num_classes:
        what = f"ignored from border to border: {counted(ignored, 'label')} ({names(ignored, labels=True)})"
        hint = "nothing is learnt from them: take them out, or draw them anew"
        problems.append(Finding("labels", what, hint, kind="labels.ignored", pairs=ignored, optional=True))
    if dataset.num_classes == 2 and known:
        found = _inverted(known) or _full(known)
        if found:
            (notes if found.kind == "labels.close" else problems).append(found)
    tiny = tuple(pair for pair in pairs if pair.size and min(pair.size) < _PIXELS)
    if tiny:
        what = f"of less than {_PIXELS} pixels a side: {counted(tiny, 'image')} ({names(tiny)})"
        problems.append(Finding("images", what, "take them out", kind="images.pixels", pairs=tiny, optional=True))
    blank = tuple(pair for pair in pairs if pair.blank and min(pair.size or (0,)) >= _PIXELS)
    if blank:
        what = f"of one colour from border to border: {counted(blank, 'image')} ({names(blank)})"
        problems.append(Finding("images", what, "take them out", kind="images.blank", pairs=blank, optional=True))
    specked = tuple(sorted((p for p in pairs if p.specks > _SPECKS), key=lambda pair: -pair.specks))
    if specked:
        most = f"{names(specked, labels=True)}; {specked[0].specks} in the first"
        what = f"more than {_SPECKS} specks or pinholes in {counted(specked, 'label')} ({most})"
        hint = "a net learns to speckle: take pieces below 0.01 % of the image out"
        notes.append(Finding("labels", what, hint, kind="labels.specks", pairs=specked))
    small = tuple(pair for pair in known if 0 < 1 - pair.counts[0] / pair.counts.sum() < _SMALL)
    if small:
        what = (
            f"less than {100 * _SMALL} % are no background in {counted(small, 'label')} ({names(small, labels=True)})"
        )
        notes.append(Finding("labels", what, "look whether that is meant", kind="labels.small", pairs=small))
    return problems, notes


def _inverted(pairs: Sequence[Pair]) -> Finding | None:
    """Two-class labels that are the wrong way round."""
    filled = [pair for pair in pairs if not pair.is_empty]
    inverted = tuple(pair for pair in filled if pair.border > 0.5 and pair.border > pair.centre + 0.2)
    if not filled or len(inverted) <= len(filled) / 2:
        return None
    what = f"1 along the frame and 0 in the middle: {counted(inverted, 'label')} ({names(inverted, labels=True)})"
    hint = "person and background seem to be exchanged: add `label_map: {0: 1, 1: 0}` to the data set"
    return Finding("labels", what, hint, kind="labels.inverted", pairs=inverted)


def _full(pairs: Sequence[Pair]) -> Finding | None:
    """Labels that are nothing but person: a close-up now and then, a mistake where there are many."""
    full = tuple(pair for pair in pairs if pair.counts[1] == pair.counts.sum())
    if not full:
        return None
    what = f"all person from border to border: {counted(full, 'label')} ({names(full, labels=True)})"
    if len(full) <= _CLOSE_UPS * len(pairs):
        return Finding("labels", what, "fine for a face that fills the photo", kind="labels.close", pairs=full)
    hint = "check how they were made: an empty mask turned round, or a photo's transparency"
    return Finding("labels", what, hint, kind="labels.full", pairs=full, optional=True)
