"""Optimizers under PaddleSeg's names: parameter groups, gradient clipping, and Paddle's own update rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import paddle
from paddle import nn, optimizer

from paddleseg.registry import OPTIMIZERS

Factors = Callable[[str, paddle.Tensor], tuple[float, float]]
"""A parameter and its name to the factors of its learning rate and of its weight decay."""


def parameter_groups(
    model: nn.Layer,
    backbone_lr_mult: float,
    custom_cfg: Sequence[dict] | None,
    weight_decay: Any,
    factors_of: Factors | None = None,
) -> list[dict[str, Any]]:
    """Trainable parameters grouped by learning-rate and weight-decay factor.

    `custom_cfg` holds `{name, lr_mult, weight_decay_mult}`: the first entry whose `name` is part of a parameter's name
    rules it; else a backbone's parameters take `backbone_lr_mult`. What a layer's `relative_lr` says comes on top, and
    what `factors_of` gives for a parameter and its name.
    """
    relative = {
        id(parameter): float(layer.relative_lr)
        for layer in model.sublayers(include_self=True)
        if hasattr(layer, "relative_lr")
        for parameter in layer.parameters()
    }
    grouped: dict[tuple[float, float], list] = {}
    for name, parameter in model.named_parameters():
        if parameter.stop_gradient:
            continue
        rule = next((entry for entry in custom_cfg or () if entry["name"] in name), None)
        if rule is not None:
            factors = (float(rule.get("lr_mult", 1.0)), float(rule.get("weight_decay_mult", 1.0)))
        else:
            factors = (backbone_lr_mult if name.startswith("backbone.") else 1.0, 1.0)
        own = factors_of(name, parameter) if factors_of else (1.0, 1.0)
        factors = (factors[0] * relative.get(id(parameter), 1.0) * own[0], factors[1] * own[1])
        grouped.setdefault(factors, []).append(parameter)
    groups = []
    for (lr_factor, decay_factor), parameters in grouped.items():
        group: dict[str, Any] = {"params": parameters, "learning_rate": lr_factor}
        if weight_decay is not None:
            group["weight_decay"] = weight_decay * decay_factor
        groups.append(group)
    return groups


def gradient_clip(grad_clip_cfg: dict | None) -> Any:
    """`{name: ClipGradByGlobalNorm, clip_norm: 1.0}` as Paddle's object; `type` is taken for `name`."""
    if not grad_clip_cfg:
        return None
    arguments = dict(grad_clip_cfg)
    name = arguments.pop("name", None) or arguments.pop("type", None)
    known = ("ClipGradByGlobalNorm", "ClipGradByNorm", "ClipGradByValue")
    if name not in known:
        raise ValueError(f"grad_clip_cfg: name must be one of {', '.join(known)}, not {name!r}")
    return getattr(nn, name)(**arguments)


def make(
    rule: Callable[..., optimizer.Optimizer],
    model: nn.Layer,
    learning_rate: float,
    weight_decay: float | None,
    backbone_lr_mult: float,
    custom_cfg: Sequence[dict] | None,
    grad_clip_cfg: dict | None,
    factors_of: Factors | None = None,
    **arguments: Any,
) -> optimizer.Optimizer:
    """An optimizer of Paddle's, by the arguments that all have here; `factors_of` is `parameter_groups`'."""
    return rule(
        learning_rate=learning_rate,
        parameters=parameter_groups(model, backbone_lr_mult, custom_cfg, weight_decay, factors_of),
        weight_decay=weight_decay,
        grad_clip=gradient_clip(grad_clip_cfg),
        **arguments,
    )


@OPTIMIZERS.register
def SGD(  # noqa: N802 - a registry name
    model: nn.Layer,
    learning_rate: float = 0.01,
    weight_decay: float | None = None,
    backbone_lr_mult: float = 1.0,
    custom_cfg: list | None = None,
    grad_clip_cfg: dict | None = None,
) -> optimizer.Optimizer:
    """Plain stochastic gradient descent."""
    return make(optimizer.SGD, model, learning_rate, weight_decay, backbone_lr_mult, custom_cfg, grad_clip_cfg)


@OPTIMIZERS.register
def Momentum(  # noqa: N802
    model: nn.Layer,
    learning_rate: float = 0.01,
    momentum: float = 0.9,
    use_nesterov: bool = False,
    weight_decay: float | None = None,
    backbone_lr_mult: float = 1.0,
    custom_cfg: list | None = None,
    grad_clip_cfg: dict | None = None,
) -> optimizer.Optimizer:
    """Stochastic gradient descent with (Nesterov) momentum."""
    return make(
        optimizer.Momentum,
        model,
        learning_rate,
        weight_decay,
        backbone_lr_mult,
        custom_cfg,
        grad_clip_cfg,
        momentum=momentum,
        use_nesterov=use_nesterov,
    )


@OPTIMIZERS.register
def Adam(  # noqa: N802
    model: nn.Layer,
    learning_rate: float = 0.001,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    lazy_mode: bool = False,
    weight_decay: float | None = None,
    backbone_lr_mult: float = 1.0,
    custom_cfg: list | None = None,
    grad_clip_cfg: dict | None = None,
) -> optimizer.Optimizer:
    """Adam; weight decay is part of the gradient."""
    return make(
        optimizer.Adam,
        model,
        learning_rate,
        weight_decay,
        backbone_lr_mult,
        custom_cfg,
        grad_clip_cfg,
        beta1=beta1,
        beta2=beta2,
        epsilon=epsilon,
        lazy_mode=lazy_mode,
    )


@OPTIMIZERS.register
def AdamW(  # noqa: N802
    model: nn.Layer,
    learning_rate: float = 0.001,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    lazy_mode: bool = False,
    weight_decay: float = 0.01,
    backbone_lr_mult: float = 1.0,
    custom_cfg: list | None = None,
    grad_clip_cfg: dict | None = None,
) -> optimizer.Optimizer:
    """Adam with decoupled weight decay (Loshchilov and Hutter, 2019)."""
    return make(
        optimizer.AdamW,
        model,
        learning_rate,
        weight_decay,
        backbone_lr_mult,
        custom_cfg,
        grad_clip_cfg,
        beta1=beta1,
        beta2=beta2,
        epsilon=epsilon,
        lazy_mode=lazy_mode,
    )
