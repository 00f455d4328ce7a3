"""PaddleSeg's measures of areas, on tensors.

As there, a class that is in neither masks nor labels counts as IoU 0 in the mean; `paddleseg.metrics` leaves it out.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import paddle

from paddleseg.metrics import AucRoc


def calculate_area(
    pred: paddle.Tensor,
    label: paddle.Tensor,
    num_classes: int,
    ignore_index: int = 255,
    use_multilabel: bool = False,
) -> tuple[paddle.Tensor, paddle.Tensor, paddle.Tensor]:
    """Pixels of each class that masks and labels share, that masks have, that labels have; (num_classes,) each.

    Args:
        pred: Classes (N, 1, H, W) or (N, H, W); with `use_multilabel` 0 and 1 (N, num_classes, H, W).
        label: Likewise.

    Raises:
        ValueError: The shapes differ.
    """
    if use_multilabel:
        counted = (label != ignore_index).astype("int64")
        masks, labels = pred.astype("int64") * counted, label.astype("int64") * counted
        areas = (masks * labels, masks, labels)
        return tuple(area.sum(axis=[0, 2, 3]) for area in areas)  # type: ignore[return-value]
    masks, labels = (tensor.squeeze(1) if tensor.ndim == 4 else tensor for tensor in (pred, label))
    if masks.shape != labels.shape:
        raise ValueError(f"mask {pred.shape} and label {label.shape} differ in shape")
    counted = labels != ignore_index
    found = [paddle.nn.functional.one_hot(_shifted(tensor, counted), num_classes + 1) for tensor in (masks, labels)]
    mask, truth = (tensor.reshape([-1, num_classes + 1])[:, 1:].astype("int64") for tensor in found)
    return (mask * truth).sum(0), mask.sum(0), truth.sum(0)


def _shifted(classes: paddle.Tensor, counted: paddle.Tensor) -> paddle.Tensor:
    """Classes from 1 on, and 0 for what is ignored."""
    return paddle.where(counted, classes.astype("int64") + 1, paddle.zeros_like(classes, "int64"))


def auc_roc(logits: Any, label: Any, num_classes: int, ignore_index: int | None = None) -> float:
    """Area under the ROC curve of probabilities (N, C, H, W), one class against the rest."""
    metric = AucRoc(num_classes, -1 if ignore_index is None else ignore_index)
    probs, labels = np.asarray(logits, np.float32), np.asarray(label)
    for prob, truth in zip(probs, labels.reshape(len(probs), *probs.shape[2:]), strict=True):
        metric.update(truth, truth, prob)
    return float(metric.compute()["auc_roc"])


def mean_iou(intersect_area: Any, pred_area: Any, label_area: Any) -> tuple[np.ndarray, float]:
    """IoU of each class, and their mean."""
    both, masks, labels = _arrays(intersect_area, pred_area, label_area)
    iou = _ratio(both, masks + labels - both)
    return iou, float(iou.mean())


def dice(intersect_area: Any, pred_area: Any, label_area: Any) -> tuple[np.ndarray, float]:
    """Dice of each class, and their mean."""
    both, masks, labels = _arrays(intersect_area, pred_area, label_area)
    found = _ratio(2 * both, masks + labels)
    return found, float(found.mean())


def accuracy(intersect_area: Any, pred_area: Any) -> tuple[np.ndarray, float]:
    """The share of each class's mask that is right, and of all pixels."""
    both, masks = _arrays(intersect_area, pred_area)
    return _ratio(both, masks), float(_ratio(both.sum(), masks.sum()))


def class_measurement(intersect_area: Any, pred_area: Any, label_area: Any) -> tuple[float, np.ndarray, np.ndarray]:
    """The share of all pixels that is right, precision and recall of each class."""
    both, masks, labels = _arrays(intersect_area, pred_area, label_area)
    return float(_ratio(both.sum(), masks.sum())), _ratio(both, masks), _ratio(both, labels)


def kappa(intersect_area: Any, pred_area: Any, label_area: Any) -> float:
    """Cohen's kappa: agreement beyond chance."""
    both, masks, labels = _arrays(intersect_area, pred_area, label_area)
    total = labels.sum()
    agreed, chance = _ratio(both.sum(), total), _ratio((masks * labels).sum(), total * total)
    return float(_ratio(agreed - chance, 1 - chance))


def _arrays(*areas: Any) -> list[np.ndarray]:
    return [np.asarray(area, np.float64) for area in areas]


def _ratio(part: Any, whole: Any) -> np.ndarray:
    """`part / whole`, 0 where there is nothing."""
    part, whole = np.asarray(part, np.float64), np.asarray(whole, np.float64)
    return np.divide(part, whole, out=np.zeros_like(part), where=whole != 0)
