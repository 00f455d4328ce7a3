"""One optimizer update: precision, accumulation, clipping and the answer to a loss that is not a number.

There is one code path: float32 is AMP switched off, one batch is accumulation over one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

import paddle

from paddleseg.datasets.loader import Batch
from paddleseg.engine import dist
from paddleseg.engine.distill import Distillation
from paddleseg.engine.tensors import as_tensor
from paddleseg.engine.terms import LossPlan
from paddleseg.errors import ConfigError, UserError
from paddleseg.memory import keep_freed_memory


class Stepper:
    """Run forward, backward and update over one or more batches.

    Args:
        model: The network, wrapped for data parallel training where there are several ranks.
        optimizer: A Paddle optimizer over the model's parameters.
        losses: What to minimise.
        amp_level: "O0" for float32, "O1" or "O2" for mixed precision (GPU only).
        accumulate: Batches of one update; their gradients are averaged.
        freeze_norm: Normalise by the statistics in the weights, which a few pictures would only spoil.
        distillation: What the model learns from a teacher, beside the labels.
        inputs: The fields that the model takes, in order; maps (N, H, W) become (N, 1, H, W).
    """

    def __init__(
        self,
        model: Any,
        optimizer: Any,
        losses: LossPlan,
        *,
        amp_level: str = "O0",
        accumulate: int = 1,
        freeze_norm: bool = False,
        distillation: Distillation | None = None,
        inputs: Sequence[str] = ("image",),
    ):
        self.model, self.optimizer, self.losses = model, optimizer, losses
        self.distillation, self.inputs = distillation, tuple(inputs)
        self.amp_level, self.accumulate = amp_level, accumulate
        norms = (paddle.nn.BatchNorm2D, paddle.nn.SyncBatchNorm)
        self.frozen = [layer for layer in model.sublayers() if isinstance(layer, norms)] if freeze_norm else []
        if paddle.get_device() == "cpu":
            keep_freed_memory()
        self.scaler = paddle.amp.GradScaler(enable=amp_level != "O0", init_loss_scaling=1024)

    def __call__(self, batches: Sequence[Batch], lr: float) -> dict[str, float]:
        """Update once; returns the mean loss of the batches, and the part of every output where there are several."""
        self.model.train()
        for layer in self.frozen:
            layer.eval()
        if not isinstance(self.optimizer._learning_rate, paddle.optimizer.lr.LRScheduler):  # that one knows its rate
            self.optimizer.set_lr(lr)
        parts = [0.0]
        for number, batch in enumerate(batches, 1):
            last = number == len(batches)
            # Ranks exchange gradients once an update, with the last batch.
            with nullcontext() if last or not hasattr(self.model, "no_sync") else self.model.no_sync():
                weighted = self._backward(batch, len(batches))
            parts = [a + b for a, b in zip(parts, weighted, strict=True)] if number > 1 else weighted
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.optimizer.clear_grad()
        return self._logs(parts)

    def _backward(self, batch: Batch, share: int) -> list[float]:
        tensors = {name: as_tensor(value) for name, value in batch.items() if name not in ("index", "epoch")}
        with paddle.amp.auto_cast(level=self.amp_level) if self.amp_level != "O0" else nullcontext():
            outputs = self.model(*self._inputs(tensors))
            targets = self.distillation.targets(tensors["image"]) if self.distillation else []
        outputs = [_as_float32(output) for output in outputs]
        weighted = self.losses(outputs, tensors)
        if self.distillation:
            weighted += self.distillation(outputs, [_as_float32(target) for target in targets], tensors.get("label"))
        loss = paddle.add_n(weighted) / share
        self.scaler.scale(loss).backward()
        values = [float(part) / share for part in weighted]
        if not math.isfinite(sum(values)) and not self.scaler.is_enable():
            raise UserError(
                "training",
                f"the loss is {sum(values)} at learning rate {self.optimizer.get_lr():.3g}",
                "lower learning_rate, add warmup_iters, or clip gradients (optimizer.grad_clip_cfg)",
            )
        return values

    def _inputs(self, tensors: dict[str, Any]) -> list[Any]:
        """Raises a `ConfigError` where the batch lacks a field that the model takes."""
        lacking = [name for name in self.inputs if name not in tensors]
        if lacking:
            what = f"takes {lacking[0]!r}, which the data set does not give"
            raise ConfigError("model", what, f"let a transform set sample[{lacking[0]!r}]")
        given = [tensors[name] for name in self.inputs]
        return [tensor.unsqueeze(1) if tensor.ndim == 3 else tensor for tensor in given]

    def _logs(self, parts: list[float]) -> dict[str, float]:
        parts = dist.mean(parts)
        logs = {"loss": sum(parts)}
        if len(parts) > 1:
            logs |= {f"loss_{number}": part for number, part in enumerate(parts)}
        return logs

    def state_dict(self) -> dict[str, Any]:
        return self.scaler.state_dict() if self.scaler.is_enable() else {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        if state and self.scaler.is_enable():
            self.scaler.load_state_dict(state)


def _as_float32(output: Any) -> Any:
    """Logits, or a group of logits that one loss compares, in the precision that losses need."""
    if isinstance(output, (list, tuple)):
        return type(output)(map(_as_float32, output))
    return output.astype("float32")
