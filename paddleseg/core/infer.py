"""PaddleSeg's inference on tensors; `paddleseg.Predictor` is the way from photos to masks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import paddle
import paddle.nn.functional as F

from paddleseg.inference.augment import TestAugmentation, predict_prob

Answer = tuple[paddle.Tensor, paddle.Tensor]
"""Classes (N, 1, H, W) int32, or 0 and 1 (N, C, H, W) of independent ones; and the logits (N, C, H, W)."""


def reverse_transform(pred: paddle.Tensor, trans_info: Sequence[Any], mode: str = "nearest") -> paddle.Tensor:
    """A map (N, C, h, w) back at the picture's size.

    Args:
        trans_info: What was done to the picture: ("resize" or "padding", (height, width) before), in that order.
        mode: Interpolation.

    Raises:
        ValueError: `trans_info` names another change.
    """
    whole = "int" in str(pred.dtype)
    for name, (h, w) in reversed([_change(item) for item in trans_info]):
        if name == "padding":
            pred = pred[:, :, :h, :w]
        elif name == "resize":
            resized = F.interpolate(pred.astype("float32") if whole else pred, [h, w], mode=mode)
            pred = resized.astype(pred.dtype)
        else:
            raise ValueError(f"trans_info names {name!r}; known: resize, padding")
    return pred


def _change(item: Any) -> tuple[str, tuple[int, int]]:
    """One entry of `trans_info`; a `DataLoader` turns names into lists of them, and numbers into tensors."""
    name = item[0][0] if isinstance(item[0], (list, tuple)) else item[0]
    h, w = (int(side) for side in item[1][:2])
    return name, (h, w)


def flip_combination(flip_horizontal: bool = False, flip_vertical: bool = False) -> list[tuple[bool, bool]]:
    """All (horizontal, vertical) that are asked for, the picture as it is first."""
    both = [(False, vertical) for vertical in ([False, True] if flip_vertical else [False])]
    mirrored = [(True, vertical) for _, vertical in both] if flip_horizontal else []
    return sorted([*both, *mirrored], key=lambda pair: (pair[1], pair[0]))


def tensor_flip(x: paddle.Tensor, flip: Sequence[bool]) -> paddle.Tensor:
    """(N, C, H, W) mirrored; `flip` is (horizontal, vertical)."""
    axes = [axis for axis, wanted in zip((3, 2), flip, strict=True) if wanted]
    return paddle.flip(x, axes) if axes else x


def slide_inference(model: Any, im: paddle.Tensor, crop_size: Sequence[int], stride: Sequence[int]) -> paddle.Tensor:
    """Logits (N, C, H, W) as the mean over a sliding window; sizes are (w, h).

    Raises:
        ConfigError: The stride is longer than the window, or a size is none.
    """
    return _looked(model, im, {"is_slide": True, "crop_size": list(crop_size), "stride": list(stride)})


def inference(
    model: Any,
    im: paddle.Tensor,
    trans_info: Sequence[Any] | None = None,
    is_slide: bool = False,
    stride: Sequence[int] | None = None,
    crop_size: Sequence[int] | None = None,
    use_multilabel: bool = False,
) -> paddle.Tensor | Answer:
    """The model's logits; with `trans_info` the classes and the logits, both at the picture's size."""
    logits = slide_inference(model, im, crop_size or (), stride or ()) if is_slide else _main(model, im)
    return logits if trans_info is None else _answer(logits, trans_info, use_multilabel)


def aug_inference(
    model: Any,
    im: paddle.Tensor,
    trans_info: Sequence[Any],
    scales: float | Sequence[float] = 1.0,
    flip_horizontal: bool = False,
    flip_vertical: bool = False,
    is_slide: bool = False,
    stride: Sequence[int] | None = None,
    crop_size: Sequence[int] | None = None,
    use_multilabel: bool = False,
) -> Answer:
    """`inference` with the mean of the logits over scales and flips."""
    asked = {
        "aug_eval": True,
        "scales": scales,
        "flip_horizontal": flip_horizontal,
        "flip_vertical": flip_vertical,
        "is_slide": is_slide,
        "crop_size": crop_size,
        "stride": stride,
    }
    return _answer(_looked(model, im, asked), trans_info, use_multilabel)


def _looked(model: Any, im: paddle.Tensor, asked: dict[str, Any]) -> paddle.Tensor:
    def forward(images: np.ndarray) -> np.ndarray:
        return np.asarray(_main(model, paddle.to_tensor(images)).numpy())

    return paddle.to_tensor(predict_prob(forward, im.numpy(), TestAugmentation.from_config(asked)))


def _main(model: Any, im: paddle.Tensor) -> paddle.Tensor:
    outputs = model(im)
    if not isinstance(outputs, (list, tuple)):
        raise TypeError(f"a model should return a list of maps, not a {type(outputs).__name__}")
    return outputs[0]


def _answer(logits: paddle.Tensor, trans_info: Sequence[Any], use_multilabel: bool) -> Answer:
    logits = reverse_transform(logits, trans_info, "bilinear")
    if use_multilabel:
        return (F.sigmoid(logits) > 0.5).astype("int32"), logits
    return logits.argmax(axis=1, keepdim=True).astype("int32"), logits
