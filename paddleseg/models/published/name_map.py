"""How the parameter names of a published file become ours."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

Value = TypeVar("Value")
Rule = tuple[str, str | Callable[[re.Match[str]], str]]

# What PaddleSeg's blocks are called in nearly all of its networks.
CONV_BN: tuple[Rule, ...] = ((r"\._conv\.", ".conv."), (r"\._batch_norm\.", ".bn."))
SEPARABLE: tuple[Rule, ...] = ((r"\.depthwise_conv\.", ".depthwise."), (r"\.piontwise_conv\.", ".pointwise."))
# The head that deep supervision adds to a network on ResNet, in both forms.
AUXILIARY: tuple[Rule, ...] = (
    (r"^(?:head\.)?auxlayer\.conv_bn_relu\.", "auxiliary.conv."),
    (r"^(?:head\.)?auxlayer\.conv\.", "auxiliary.classify."),
    (r"^head\.aux\.0\.", "auxiliary.conv."),
    (r"^head\.aux\.2\.", "auxiliary.classify."),
)


@dataclass(frozen=True)
class NameMap:
    """Regular expressions that rename in order, and those of names that nothing uses.

    A replacement is text or a function of the match, as in `re.sub`.
    """

    rename: Sequence[Rule] = ()
    unused: Sequence[str] = ()

    def apply(self, state: Mapping[str, Value]) -> dict[str, Value]:
        renamed = {}
        for name, value in state.items():
            if any(re.search(pattern, name) for pattern in self.unused):
                continue
            for pattern, replacement in self.rename:
                name = re.sub(pattern, replacement, name)
            renamed[name] = value
        return renamed
