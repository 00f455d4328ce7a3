"""FFmpeg's filters, one after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from av.filter import Graph
from av.filter.context import FilterContext

Steps = Sequence[tuple[str, str]]
"""Filters by name, each with its arguments."""


class Chain(NamedTuple):
    """A row of filters; the graph is what keeps them."""

    graph: Graph
    first: FilterContext
    last: FilterContext


def chain(source: str, of: Mapping[str, str], steps: Steps, sink: str) -> Chain:
    """Filters that are ready for frames.

    Args:
        source: "buffer" or "abuffer".
        of: The frames that will come, by the source's arguments.
        steps: What happens to them.
        sink: "buffersink" or "abuffersink".
    """
    graph = Graph()
    nodes = [graph.add(source, **of), *(graph.add(name, arguments) for name, arguments in steps), graph.add(sink)]
    for before, after in pairwise(nodes):
        before.link_to(after)
    graph.configure()
    return Chain(graph, nodes[0], nodes[-1])
