"""What a set of masks with a class each is compared with: the masks of a label (Cheng et al., NeurIPS 2021)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.losses.assignment import cheapest_pairs
from paddleseg.registry import LOSSES

_ALPHA, _GAMMA = 0.25, 2
Queries = tuple[paddle.Tensor, paddle.Tensor]


@LOSSES.register
class MaskFormerLoss(nn.Layer):
    """Cross entropy of classes, focal loss and dice of masks (Cheng et al., section 3.2, equation 1).

    The mask of each class that a picture shows is given to one query, so that the sum of the costs is the least; all
    others should say that they show nothing. The masks are made of the label. A batch whose pixels are all ignored
    counts for nothing.

    Args:
        num_classes: Classes.
        eos_coef: Weight of "nothing" in the cross entropy.
        losses: What is summed: "labels" for the cross entropy, "masks" for the rest.
        ignore_index: Label value of pixels that belong to no mask.
        mask_weight: Factor of the focal loss.
        dice_weight: Factor of dice.

    Shape:
        outputs: for each layer of the decoder, a pair of class logits (N, Q, num_classes + 1) and mask logits
        (N, Q, h, w); labels (N, H, W) int64. Returns a scalar.

    Raises:
        ValueError: `losses` names something else, or there are more classes in a picture than queries.
    """

    head_kinds = ("queries",)

    def __init__(
        self,
        num_classes: int = 150,
        eos_coef: float = 0.1,
        losses: Sequence[str] = ("labels", "masks"),
        ignore_index: int = 255,
        mask_weight: float = 20.0,
        dice_weight: float = 1.0,
    ):
        super().__init__()
        if not losses or set(losses) - {"labels", "masks"}:
            raise ValueError(f"losses are {list(losses)!r}; they should be among labels and masks")
        self.num_classes, self.losses, self.ignore_index = num_classes, tuple(losses), ignore_index
        self.mask_weight, self.dice_weight = mask_weight, dice_weight
        self.register_buffer("weights", paddle.to_tensor([1.0] * num_classes + [eos_coef]), persistable=False)

    def forward(self, outputs: Sequence[Queries], labels: paddle.Tensor) -> paddle.Tensor:
        targets = [self._masks(label) for label in labels]
        count = sum(len(classes) for classes, _ in targets)
        shared = _mean_over_ranks(count)  # all ranks ask together
        if not count:
            return paddle.add_n([0 * part.sum() for layer in outputs for part in layer])
        return paddle.add_n([self._layer(*each, targets, shared) for each in outputs])

    def _masks(self, label: paddle.Tensor) -> Queries:
        """The classes (K,) of a label, and their masks (K, H, W)."""
        classes = paddle.unique(label)
        classes = classes[classes != self.ignore_index]
        return classes, (label.unsqueeze(0) == classes.reshape([-1, 1, 1])).astype("float32")

    def _layer(
        self, scores: paddle.Tensor, masks: paddle.Tensor, targets: Sequence[Queries], count: float
    ) -> paddle.Tensor:
        wanted = paddle.full(scores.shape[:2], self.num_classes, "int64")
        found, true = [], []
        for number, (classes, regions) in enumerate(targets):
            if not len(classes):
                continue
            if len(classes) > scores.shape[1]:
                raise ValueError(
                    f"MaskFormerLoss: a picture shows {len(classes)} classes, for {scores.shape[1]} queries"
                )
            queries = self._partners(scores[number].detach(), masks[number].detach(), classes, regions)
            wanted[number, queries] = classes
            found.append(masks[number, queries])
            true.append(regions)
        total = paddle.zeros([])
        if "labels" in self.losses:
            total = F.cross_entropy(scores, wanted, weight=self.weights)
        if "masks" in self.losses:
            regions = paddle.concat(true)
            logits = F.interpolate(paddle.concat(found).unsqueeze(1), regions.shape[1:], mode="bilinear").flatten(1)
            regions = regions.flatten(1)
            dice = 1 - (2 * (F.sigmoid(logits) * regions).sum(1) + 1) / (F.sigmoid(logits).sum(1) + regions.sum(1) + 1)
            focal = (_focal(logits) * regions + _focal(-logits, 1 - _ALPHA) * (1 - regions)).mean(1)
            total = total + (self.mask_weight * focal.sum() + self.dice_weight * dice.sum()) / count
        return total

    def _partners(
        self, scores: paddle.Tensor, masks: paddle.Tensor, classes: paddle.Tensor, regions: paddle.Tensor
    ) -> paddle.Tensor:
        """The query for each class, by the same costs that are learned from, at the masks' size."""
        (h, w), (full_h, full_w) = masks.shape[1:], regions.shape[1:]
        regions = regions[:, paddle.arange(h) * full_h // h][:, :, paddle.arange(w) * full_w // w].flatten(1)
        logits = masks.flatten(1)
        focal = paddle.matmul(regions, _focal(logits), transpose_y=True)
        focal += paddle.matmul(1 - regions, _focal(-logits, 1 - _ALPHA), transpose_y=True)
        shares = F.sigmoid(logits)
        both = paddle.matmul(regions, shares, transpose_y=True)
        dice = 1 - (2 * both + 1) / (regions.sum(1, keepdim=True) + shares.sum(1) + 1)
        known = paddle.gather(F.softmax(scores, axis=-1), classes, axis=1).t()
        costs = self.mask_weight * focal / logits.shape[1] + self.dice_weight * dice - known
        # What is no number any more has no cheapest pairs; training then says so of the loss.
        return paddle.to_tensor(cheapest_pairs(np.nan_to_num(costs.numpy().astype("float64"))))


def _focal(logits: paddle.Tensor, alpha: float = _ALPHA) -> paddle.Tensor:
    """Of pixels that should be 1 (Lin et al., ICCV 2017, equation 5)."""
    return alpha * F.sigmoid(-logits) ** _GAMMA * F.softplus(-logits)


def _mean_over_ranks(count: int) -> float:
    """The mean number of masks of a rank's pictures, at least 1."""
    ranks = paddle.distributed.get_world_size()
    total = paddle.to_tensor([float(count)])
    if ranks > 1:
        paddle.distributed.all_reduce(total)
    return max(1.0, float(total) / ranks)
