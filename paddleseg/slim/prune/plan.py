"""How many channels go from each group, so that a network costs what it may."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from paddleseg.errors import ConfigError
from paddleseg.slim.prune.groups import Group, kept_places
from paddleseg.slim.prune.trace import ChannelGraph

_NOISE = 0.0002  # of mIoU: what a few photos do not tell apart
_STEPS = 20


class Plan:
    """Groups, the order in which their units go, and the cost of a network without some of them.

    Args:
        scores: How much each unit matters, for each group.
        most: The largest share of a group that may go.
        multiple: What stays of a group is a multiple of this, where the group has as many.
    """

    def __init__(
        self,
        graph: ChannelGraph,
        groups: Sequence[Group],
        scores: Sequence[np.ndarray],
        *,
        most: float = 0.9,
        multiple: int = 4,
    ):
        self.graph, self.groups, self.most, self.multiple = graph, list(groups), most, multiple
        self.order = [
            np.array(list(group.units))[np.argsort(each, kind="stable")]
            for group, each in zip(groups, scores, strict=True)
        ]
        self.whole = graph.macs(graph.all_kept())

    def gone(self, shares: Sequence[float]) -> set[int]:
        """The units that go where such a share of each group does."""
        found: set[int] = set()
        for order, share in zip(self.order, shares, strict=True):
            found |= set(order[: self._count(len(order), share)].tolist())
        return found

    def macs(self, shares: Sequence[float]) -> int:
        return self._macs_without(self.gone(shares))

    def _macs_without(self, units: Iterable[int]) -> int:
        return self.graph.macs(kept_places(self.graph, set(units)))

    def require(self, target: float, shares: Sequence[float]) -> None:
        """Refuse a target that cannot be reached where such a share of each group goes.

        Raises:
            ConfigError: It cannot; the message says why channels stay.
        """
        least = self.macs(shares) / self.whole
        if least > target:
            reasons = sorted(set(self.graph.channels.reasons.values()) - {"kernel"})
            what = f"{target:g} cannot be reached: at least {least:.2f} of the multiply-adds stay"
            hint = "take a higher one, or let more of a group go (most, tried)"
            raise ConfigError("target_macs", f"{what} (channels stay where: {'; '.join(reasons)})", hint)

    def _count(self, units: int, share: float) -> int:
        stays = units - round(units * min(share, self.most))
        step = self.multiple if units > self.multiple else 1
        return max(units - max(-(-stays // step) * step, 1), 0)

    def evenly(self, target: float) -> list[float]:
        """The same share of each group, so that at most `target` of the multiply-adds remain.

        Raises:
            ConfigError: Not so many can go.
        """
        return self._search(target, lambda level: [level] * len(self.groups), self.most)

    def by_sensitivity(self, target: float, lost: Sequence[Mapping[float, float]]) -> list[float]:
        """More of the groups that lose little for what they save.

        Args:
            target: The share of the multiply-adds that may remain.
            lost: For each group, by the share of it that is gone, the mIoU that is lost.

        Raises:
            ConfigError: Not so many can go.
        """
        prices = [self._prices(number, curve) for number, curve in enumerate(lost)]
        levels = np.unique(np.concatenate([price for _, price in prices]))

        def shares(level: float) -> list[float]:
            limit = levels[int(level)] if level >= 0 else -1.0
            return [float(steps[price <= limit].max(initial=0)) for steps, price in prices]

        return self._search(target, shares, len(levels) - 1)

    def _prices(self, number: int, curve: Mapping[float, float]) -> tuple[np.ndarray, np.ndarray]:
        """Shares of a group, and what each costs in mIoU for each multiply-add that it saves."""
        known = sorted(curve)
        steps = np.linspace(0, min(max(known), self.most), _STEPS + 1)[1:]
        units = [self._count(len(self.order[number]), share) for share in steps]
        rising = np.maximum.accumulate([0.0, *(curve[share] for share in known)])
        lost = np.interp(steps, [0.0, *known], rising) + _NOISE
        saves = {count: 1 - self._macs_without(self.order[number][:count]) / self.whole for count in set(units)}
        saved = np.array([saves[count] for count in units])
        return steps, np.where(saved > 0, lost / np.maximum(saved, 1e-9), np.inf)

    def _search(self, target: float, shares: Callable[[float], list[float]], highest: float) -> list[float]:
        low, high = 0.0, float(highest)
        self.require(target, shares(high))
        for _ in range(24):
            middle = (low + high) / 2
            if self.macs(shares(middle)) / self.whole <= target:
                high = middle
            else:
                low = middle
        return shares(high)
