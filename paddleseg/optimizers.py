"""PaddleSeg's optimizers as objects that wait for a model: `Momentum(momentum=0.9)(model, lr)`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import paddle

from paddleseg import registry


class BaseOptimizer:
    """Keeps the arguments of an optimizer until there is a model and a rate.

    Args:
        arguments: As of the configuration's `optimizer`: `weight_decay`, `grad_clip_cfg`, `custom_cfg`, ...
    """

    def __init__(self, **arguments: Any):
        self.arguments = arguments

    def __call__(self, model: paddle.nn.Layer, lr: float | paddle.optimizer.lr.LRScheduler) -> Any:
        """The optimizer over the model's parameters.

        Args:
            lr: A number, or one of Paddle's schedules.
        """
        rule: Callable[..., Any] = registry.OPTIMIZERS.get(type(self).__name__)
        number = lr if isinstance(lr, (int, float)) else float(lr())
        found = rule(model, learning_rate=number, **self.arguments)
        if isinstance(lr, paddle.optimizer.lr.LRScheduler):
            found.set_lr_scheduler(lr)
        return found


class SGD(BaseOptimizer):
    """Plain stochastic gradient descent."""


class Momentum(BaseOptimizer):
    """With `momentum` and `use_nesterov`."""


class Adam(BaseOptimizer):
    """With `beta1`, `beta2` and `epsilon`."""


class AdamW(BaseOptimizer):
    """Adam with decoupled weight decay."""


class AdamWDL(BaseOptimizer):
    """AdamW whose rate falls by `layerwise_decay` with each block below the last."""


class AdamWDL_CAE(BaseOptimizer):  # noqa: N801 - PaddleSeg's name
    """`AdamWDL` without weight decay of vectors and biases."""
