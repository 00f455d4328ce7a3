"""PaddleSeg's activation by name."""

from __future__ import annotations

import paddle
from paddle import nn


class Activation(nn.Layer):
    """One of Paddle's activations by its name in lower case, such as "relu" or "leakyrelu"; None for none.

    Raises:
        KeyError: No activation of that name.
    """

    def __init__(self, act: str | None = None):
        super().__init__()
        self._act = act
        known = {name.lower(): name for name in vars(nn.layer.activation) if name[:1].isupper()}
        if act is not None:
            if act not in known:
                raise KeyError(f"no activation is called {act!r}; known: {', '.join(sorted(known))}")
            self.act_func = getattr(nn.layer.activation, known[act])()

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        return x if self._act is None else self.act_func(x)
