"""Structured pruning: a trained network with fewer channels, at a share of its multiply-adds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated

import numpy as np
import paddle
from paddle import nn
from pydantic import Field

from paddleseg.config.schema import Count, Section, Share
from paddleseg.errors import ConfigError
from paddleseg.files import atomic_dir
from paddleseg.inference.runtimes.dygraph import evaluating
from paddleseg.models.pruned import resize, write_record
from paddleseg.slim.prune import sensitivity
from paddleseg.slim.prune.criteria import Criterion, importance
from paddleseg.slim.prune.groups import Group, find_groups, masked_arrays, smaller_arrays
from paddleseg.slim.prune.plan import Plan
from paddleseg.slim.prune.sensitivity import Curve, Photos
from paddleseg.slim.prune.trace import ChannelGraph

WEIGHTS = "model.pdparams"
Part = Annotated[float, Field(gt=0, lt=1)]


class Prune(Section):
    """What `paddleseg slim prune` can be told."""

    target_macs: Part = 0.5
    """The share of the multiply-adds that may remain."""
    criterion: Criterion = "l1"
    """By what channels are chosen: l1, fpgm (geometric median) or bn_scale."""
    even: bool = False
    """The same share of every group, without looking at photos."""
    tried: Annotated[list[Part], Field(min_length=1)] = Field(default_factory=lambda: [0.25, 0.5, 0.75])
    """Shares of a group whose loss is measured."""
    photos: Count = 16
    """Photos of train_dataset that the loss is measured on."""
    most: Share = 0.75
    """The largest share of a group that may go."""
    multiple: Count = 4
    """What stays of a group is a multiple of this."""
    keep: list[str] = Field(default_factory=list)
    """Groups that stay whole, by name (`*` for anything)."""


@dataclass(frozen=True)
class Pruned:
    """What came of it: multiply-adds before and after, and of each group the units before and after."""

    macs: tuple[int, int]
    groups: list[tuple[Group, int]]
    shares: list[float]
    curves: list[Curve]
    by_l1: list[str]


def prune(model: nn.Layer, inputs: Sequence[np.ndarray], settings: Prune, *, show: bool = False) -> Pruned:
    """Take channels out of a trained network, which stays the same object.

    Args:
        inputs: Prepared photos, (1, C, h, w) float32 each; multiply-adds are counted at the size of the first.

    Raises:
        ConfigError: Its graph cannot be followed, the target cannot be reached, or its code counts on its channels. The
            network is whole then.
    """
    graph = ChannelGraph(model, inputs[0].shape)
    groups = [g for g in find_groups(graph) if not any(fnmatchcase(g.name, pattern) for pattern in settings.keep)]
    if not groups:
        raise ConfigError(type(model).__name__, "has no channels that could go", "prune another network")
    scored = [importance(model, group, settings.criterion) for group in groups]
    plan = Plan(graph, groups, [score for score, _ in scored], most=settings.most, multiple=settings.multiple)
    curves: list[Curve] = []
    if settings.even:
        shares = plan.evenly(settings.target_macs)
    else:
        plan.require(settings.target_macs, [max(settings.tried)] * len(groups))  # before the long part
        curves = sensitivity.measure(plan, Photos(model, inputs), settings.tried, show=show)
        shares = plan.by_sensitivity(settings.target_macs, curves)
    gone = plan.gone(shares)
    take_out(graph, model, gone)
    left = [(group, sum(unit not in gone for unit in group.units)) for group in groups]
    unknown = [group.name for group, (_, known) in zip(groups, scored, strict=True) if not known]
    return Pruned((plan.whole, plan.macs(shares)), left, shares, curves, unknown)


def take_out(graph: ChannelGraph, model: nn.Layer, gone: set[int]) -> None:
    """Remove units, and see that the network answers as it does with them silent.

    Raises:
        ConfigError: It does not, or does not run: its code counts on channels that no graph shows. It is whole then.
    """
    masked, smaller = masked_arrays(graph, model, gone), smaller_arrays(graph, model, gone)
    state = model.state_dict()
    picture = paddle.uniform(list(graph.shape), min=-1.0, max=1.0)
    before = {name: state[name].numpy().copy() for name in {*masked, *smaller}}
    recorded = dict(getattr(model, "pruned_shapes", {}))
    for name, array in masked.items():
        state[name].set_value(array)
    wanted = _answer(model, picture)
    resize(model, smaller)
    fault = ""
    try:
        found = _answer(model, picture)
        if found.shape != wanted.shape or np.abs(found - wanted).max() > 1e-3 * max(np.abs(wanted).max(), 1):
            fault = "gives other numbers without them than with them silent"
    except Exception as error:
        fault = f"does not run without them ({str(error).strip().splitlines()[-1][:100]})"
    if fault:
        resize(model, before)
        model.pruned_shapes = recorded
        what = f"its code counts on its channels: it {fault}"
        raise ConfigError(type(model).__name__, what, "prune another network, or distil into a smaller one")


def _answer(model: nn.Layer, picture: paddle.Tensor) -> np.ndarray:
    with evaluating(model), paddle.no_grad():
        answer = model(picture)
    return np.asarray((answer[0] if isinstance(answer, (list, tuple)) else answer).numpy())


def write(folder: Path, model: nn.Layer, pruned: Pruned) -> None:
    """Write the small network's weights, the record of its shapes, and what was measured."""
    with atomic_dir(folder) as new:
        paddle.save(model.state_dict(), str(new / WEIGHTS))
        write_record(new, model)
        if pruned.curves:
            sensitivity.write(new, [group for group, _ in pruned.groups], pruned.curves, pruned.shares)
