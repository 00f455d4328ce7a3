"""Divide images among train, val and test by group, so that similar ones never stand on both sides."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from paddleseg.errors import DataError

MODES = ("train", "val", "test")
_DRAWS = 2000


def group_of(path: str, expression: re.Pattern[str]) -> str:
    """The group of a path: what the parentheses of `expression` match, or all of the match where there are none.

    Raises:
        DataError: It does not match.
    """
    match = expression.search(path)
    if match is None:
        hint = "a regular expression such as '(scene_[0-9]+)' has to match every image's path"
        raise DataError(path, f"has no group: {expression.pattern!r} does not match", hint)
    return "/".join(part or "" for part in match.groups()) if match.groups() else match[0]


def split_groups(sizes: Mapping[str, int], shares: Sequence[float], seed: int = 0) -> list[list[str]]:
    """Whole groups for each part, so that the parts' images come close to `shares`.

    The largest group first, each to the part that lacks most; equal ones in an order drawn from `seed`. A part with a
    share never stays empty.

    Args:
        sizes: Images in each group.
        shares: Of train, val and test; they sum up to 1.

    Raises:
        DataError: Fewer groups than parts.
    """
    wanted = [place for place, share in enumerate(shares) if share > 0]
    if len(sizes) < len(wanted):
        what = f"{len(sizes)} group{'s' if len(sizes) != 1 else ''} cannot fill {len(wanted)} parts"
        raise DataError("split", what, "choose a finer group, or fewer parts")
    names = sorted(sizes)
    order = sorted(np.random.default_rng(seed).permutation(len(names)), key=lambda i: -sizes[names[i]])
    lacking = np.array(shares, float) * sum(sizes.values())
    parts: list[list[str]] = [[] for _ in shares]
    for place, index in enumerate(order):
        empty = [part for part in wanted if not parts[part]]
        among = empty if len(order) - place <= len(empty) else wanted
        part = max(among, key=lambda part: lacking[part])
        parts[part].append(names[index])
        lacking[part] -= sizes[names[index]]
    return parts


def split_group_counts(
    sizes: Mapping[str, int], counts: Sequence[int], shares: Sequence[float], seed: int = 0
) -> list[list[str]]:
    """As `split_groups`, with so many groups for each part: of many draws the one that comes closest to `shares`.

    Raises:
        DataError: There are not as many groups as `counts` sums up to.
    """
    if len(sizes) != sum(counts):
        raise DataError("split", f"{len(sizes)} groups, but {' + '.join(map(str, counts))} are asked for")
    names = np.array(sorted(sizes))
    images = np.array([sizes[name] for name in names])
    rng = np.random.default_rng(seed)
    draws = np.stack([rng.permutation(len(names)) for _ in range(_DRAWS)])
    ends = np.cumsum(counts)[:-1]
    totals = np.stack([part.sum(axis=1) for part in np.split(images[draws], ends, axis=1)], axis=1)
    best = draws[np.abs(totals - np.array(shares) * images.sum()).sum(axis=1).argmin()]
    return [sorted(names[part].tolist()) for part in np.split(best, ends)]
