"""A moving average of a model's weights in a second model; in configurations it is `train.ema`."""

from __future__ import annotations

import paddle
from paddle import nn


def judge_params_equal(ema_model: nn.Layer, model: nn.Layer) -> bool:
    """Whether all parameters agree."""
    pairs = zip(ema_model.parameters(), model.parameters(), strict=True)
    return all(bool(paddle.equal_all(average, own)) for average, own in pairs)


def init_ema_params(ema_model: nn.Layer, model: nn.Layer) -> None:
    """Let the average begin at the model's weights."""
    _blend(ema_model, model, 0.0)


def update_ema_model(ema_model: nn.Layer, model: nn.Layer, step: int = 0, decay: float = 0.999) -> None:
    """Keep `decay` of the average and take the rest from the model; early on less is kept: step / (step + 1)."""
    _blend(ema_model, model, min(1 - 1 / (step + 1), decay))


@paddle.no_grad()
def _blend(ema_model: nn.Layer, model: nn.Layer, kept: float) -> None:
    own = model.state_dict()
    for name, average in ema_model.state_dict().items():
        if paddle.is_floating_point(average):
            average.set_value(average * kept + own[name].astype(average.dtype) * (1 - kept))
