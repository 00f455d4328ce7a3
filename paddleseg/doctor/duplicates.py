"""Pictures that occur more than once: within a data set, and, worse, in two."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path

from paddleseg.doctor.findings import Finding, Pair, counted, names
from paddleseg.doctor.hashes import lookalikes
from paddleseg.errors import few

Couple = tuple[Pair, Pair]


def shared_pictures(pairs: Mapping[str, Sequence[Pair]]) -> list[Finding]:
    """Pictures that two roles have in common: a score on them says nothing."""
    problems = []
    for role, other in combinations(pairs, 2):
        where = f"{role} and {other}"
        if {pair.image for pair in pairs[role]} == {pair.image for pair in pairs[other]}:
            hint = f"name another list for {other}: a score on pictures of the training says nothing"
            problems.append(Finding(where, "are the same pictures, all of them", hint, kind="splits.same", role=role))
            continue
        exact = _equal(pairs[role], pairs[other])
        if exact:
            what = f"have {counted(exact, 'picture')} in common ({_couples(exact)})"
            problems.append(_leak(where, what, "splits.duplicate", role, exact))
        similar = _similar(pairs[role], pairs[other])
        if similar:
            what = (
                f"have {counted(similar, 'picture')} in common, saved anew, resized or mirrored ({_couples(similar)})"
            )
            problems.append(_leak(where, what, "splits.similar", role, similar))
    return problems


def _leak(where: str, what: str, kind: str, role: str, couples: Sequence[Couple]) -> Finding:
    # Both pictures of a couple, side by side in a report; the first one is what a repair leaves out.
    both = tuple(pair for couple in couples for pair in couple)
    return Finding(where, what, f"take them out of the {role} list", kind=kind, role=role, pairs=both)


def _equal(first: Sequence[Pair], second: Sequence[Pair]) -> list[Couple]:
    known = {pair.digest: pair for pair in first if pair.digest}
    return [(known[pair.digest], pair) for pair in second if pair.digest in known]


def _similar(first: Sequence[Pair], second: Sequence[Pair]) -> list[Couple]:
    a, b = ([pair for pair in pairs if pair.fingerprint is not None] for pairs in (first, second))
    prints_a, prints_b = ([pair.fingerprint for pair in pairs if pair.fingerprint is not None] for pairs in (a, b))
    return [(a[i], b[j]) for i, j in lookalikes(prints_a, prints_b) if a[i].digest != b[j].digest]


def _couples(couples: Sequence[Couple]) -> str:
    return few([_named(a.image, b.image) for a, b in couples])


def _named(a: Path, b: Path) -> str:
    return a.name if a.name == b.name else f"{a.name} = {b.name}"


def repeated_files(pairs: Sequence[Pair]) -> tuple[list[Finding], list[Finding]]:
    """Equal files under several names within one data set: problems and notes."""
    problems = []
    copies = []
    for group in _groups(pairs, "digest"):
        if len({pair.label_digest for pair in group}) > 1:
            what = f"the same picture with different labels ({names(group)})"
            hint = "keep the pair with the right label"
            problems.append(Finding(str(group[1].image), what, hint, kind="images.labels", pairs=group, optional=True))
        else:
            copies.append(group)
    for group in _groups([pair for pair in pairs if not pair.is_empty], "label_digest"):
        if len({pair.digest for pair in group}) > 1:
            what = f"the same label for different pictures ({names(group)})"
            hint = "find the right label of each"
            problems.append(Finding(str(group[1].label), what, hint, kind="labels.copied", pairs=group, optional=True))
    if not copies:
        return problems, []
    named = few([" = ".join(pair.image.name for pair in group) for group in copies])
    what = f"{counted(copies, 'picture')} under several names ({named})"
    listed = tuple(pair for group in copies for pair in group)
    return problems, [Finding("images", what, "each counts again", kind="images.copies", pairs=listed)]


def _groups(pairs: Sequence[Pair], digest: str) -> Iterator[tuple[Pair, ...]]:
    """Pairs of different files with equal digests."""
    by_digest: dict[str, dict[Path | None, Pair]] = defaultdict(dict)
    for pair in pairs:
        if getattr(pair, digest) and not pair.faults:
            by_digest[getattr(pair, digest)].setdefault(pair.image, pair)
    yield from (tuple(group.values()) for group in by_digest.values() if len(group) > 1)
