"""Pixels of a class resemble each other more than those of others (Wang et al., ICCV 2021)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import paddle

from paddleseg.losses.base import SegLoss
from paddleseg.registry import LOSSES


@LOSSES.register
class PixelContrastCrossEntropyLoss(SegLoss):
    """InfoNCE between sampled pixels of a batch (section 3.2, eq. 5), half of them misclassified where possible.

    A class of a picture takes part that has more than `max_views` pixels there.

    Args:
        temperature: Divides products of embeddings.
        base_temperature: Divides the loss, after it was multiplied by `temperature`.
        ignore_index: Label value of pixels that count for nothing.
        max_samples: Pixels of a batch that are compared with each other.
        max_views: How many of a class of a picture at most.

    Shape:
        a pair of logits (N, C, h, w) and embeddings (N, D, h, w); labels (N, H, W) int64. Returns a scalar, 0 where no
        class takes part.

    Raises:
        ValueError: Maps and labels differ in N.
    """

    head_kinds = ("pair",)

    def __init__(
        self,
        temperature: float = 0.1,
        base_temperature: float = 0.07,
        ignore_index: int = 255,
        max_samples: int = 1024,
        max_views: int = 100,
    ):
        super().__init__(ignore_index)
        self.temperature, self.scale = temperature, temperature / base_temperature
        self.max_samples, self.max_views = max_samples, max_views

    def __call__(self, pair: Sequence[paddle.Tensor], labels: paddle.Tensor) -> paddle.Tensor:
        logits, embeddings = pair
        if logits.shape[0] != labels.shape[0] or logits.shape[2:] != embeddings.shape[2:]:
            raise ValueError(
                f"PixelContrastCrossEntropyLoss: logits {logits.shape}, embeddings {embeddings.shape} and "
                f"labels {labels.shape} differ in N, h or w"
            )
        return self.forward(logits, embeddings, labels)

    def forward(self, logits: paddle.Tensor, embeddings: paddle.Tensor, labels: paddle.Tensor) -> paddle.Tensor:
        seen = logits.argmax(axis=1).flatten(1).numpy()
        known = nearest(labels.numpy(), logits.shape[2:]).reshape(seen.shape)
        chosen = list(self._chosen(known, seen))
        if not chosen:
            return 0 * embeddings.sum()
        pixels = embeddings.flatten(2).transpose([0, 2, 1]).flatten(0, 1)
        anchors = paddle.gather(pixels, paddle.to_tensor(np.concatenate([places for _, places in chosen])))
        classes = np.concatenate([np.full(len(places), number) for number, places in chosen])
        return self.scale * self._contrast(anchors, paddle.to_tensor(classes))

    def _contrast(self, anchors: paddle.Tensor, classes: paddle.Tensor) -> paddle.Tensor:
        """Each pair of a class against what its first pixel has in common with all other classes."""
        products = paddle.matmul(anchors, anchors, transpose_y=True) / self.temperature
        products = products - products.max(axis=1, keepdim=True).detach()
        same = (classes.unsqueeze(1) == classes).astype(products.dtype)
        others = (products.exp() * (1 - same)).sum(axis=1, keepdim=True)
        losses = (products.exp() + others).log() - products
        positive = same - paddle.eye(len(classes), dtype=same.dtype)
        return ((losses * positive).sum(axis=1) / positive.sum(axis=1)).mean()

    def _chosen(self, known: np.ndarray, seen: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
        """Classes, picture by picture, with the places of their pixels in the flat batch."""
        parts = [
            (image, int(number))
            for image, labels in enumerate(known)
            for number, count in zip(*np.unique(labels, return_counts=True), strict=True)
            if number != self.ignore_index and count > self.max_views
        ]
        views = max(2, min(self.max_samples // max(1, len(parts)), self.max_views))
        for image, number in parts:
            own = known[image] == number
            hard, easy = (np.flatnonzero(own & (right == (seen[image] == number))) for right in (False, True))
            keep = min(len(hard), max(views // 2, views - len(easy)))
            drawn = [
                places[paddle.randperm(len(places)).numpy()[:count]]
                for places, count in ((hard, keep), (easy, views - keep))
                if len(places)
            ]
            yield number, np.concatenate(drawn) + image * known.shape[1]


def nearest(labels: np.ndarray, size: Sequence[int]) -> np.ndarray:
    """Labels (N, H, W) at another size (h, w), each pixel as the one it begins in."""
    rows, columns = (np.arange(small) * large // small for small, large in zip(size, labels.shape[1:], strict=True))
    return labels[:, rows][:, :, columns]
