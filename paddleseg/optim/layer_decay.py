"""AdamW for transformers: the deeper a layer stands, the slower it learns (Clark et al., ICLR 2020)."""

from __future__ import annotations

import re

import paddle
from paddle import nn, optimizer

from paddleseg.optim.optimizers import make
from paddleseg.registry import OPTIMIZERS

_BLOCK = re.compile(r"blocks\.(\d+)")


def layer_rate(name: str, layers: int, decay: float) -> float:
    """The factor of a parameter's rate: `decay ** (layers - n)` in `blocks.n`, less in embeddings, 1 elsewhere."""
    block = _BLOCK.search(name)
    if block:
        return decay ** (layers - int(block[1]))
    return decay ** (layers + 1) if "embed" in name else 1.0


def _layers(model: nn.Layer) -> int:
    """How many blocks the backbone has, as it says itself or by the names of its parameters."""
    backbone = getattr(model, "backbone", model)
    if hasattr(backbone, "get_num_layers"):
        return int(backbone.get_num_layers())
    found = [int(block[1]) for name, _ in model.named_parameters() if (block := _BLOCK.search(name))]
    if not found:
        raise ValueError("layerwise_decay needs a backbone with blocks.0, blocks.1, ...; use AdamW for this network")
    return max(found) + 1


@OPTIMIZERS.register
def AdamWDL(  # noqa: N802 - a registry name
    model: nn.Layer,
    learning_rate: float = 0.001,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    lazy_mode: bool = False,
    weight_decay: float = 0.01,
    layerwise_decay: float = 0.65,
    backbone_lr_mult: float = 1.0,
    custom_cfg: list | None = None,
    grad_clip_cfg: dict | None = None,
) -> optimizer.Optimizer:
    """AdamW whose rate falls by `layerwise_decay` with each block below the last."""
    layers = _layers(model)
    return make(
        optimizer.AdamW,
        model,
        learning_rate,
        weight_decay,
        backbone_lr_mult,
        custom_cfg,
        grad_clip_cfg,
        lambda name, _: (layer_rate(name, layers, layerwise_decay), 1.0),
        beta1=beta1,
        beta2=beta2,
        epsilon=epsilon,
        lazy_mode=lazy_mode,
    )


@OPTIMIZERS.register
def AdamWDL_CAE(  # noqa: N802
    model: nn.Layer,
    learning_rate: float = 0.001,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    lazy_mode: bool = False,
    weight_decay: float = 0.01,
    layerwise_decay: float = 0.65,
    backbone_lr_mult: float = 1.0,
    custom_cfg: list | None = None,
    grad_clip_cfg: dict | None = None,
) -> optimizer.Optimizer:
    """`AdamWDL` without weight decay of vectors, biases and what the backbone's `no_weight_decay()` lists.

    As in PaddleSeg, that list counts names in the whole model, with `backbone.` before them.
    """
    layers = _layers(model)
    backbone = getattr(model, "backbone", model)
    kept = set(backbone.no_weight_decay()) if hasattr(backbone, "no_weight_decay") else set()

    def factors(name: str, parameter: paddle.Tensor) -> tuple[float, float]:
        free = len(parameter.shape) == 1 or name.endswith(".bias") or name in kept
        return layer_rate(name, layers, layerwise_decay), 0.0 if free else 1.0

    return make(
        optimizer.AdamW,
        model,
        learning_rate,
        weight_decay,
        backbone_lr_mult,
        custom_cfg,
        grad_clip_cfg,
        factors,
        beta1=beta1,
        beta2=beta2,
        epsilon=epsilon,
        lazy_mode=lazy_mode,
    )
