"""From a network's output to the mask and the probabilities at the picture's size: the one place where that happens.

Probabilities are resized, then a class is chosen. The other order loses the soft edge and moves 2-3 % of the pixels.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from paddleseg.card import Output
from paddleseg.geometry import Geometry
from paddleseg.images.mattes import opacity
from paddleseg.images.pieces import Piece, pieces

# Runtimes differ by about 1e-6. Networks whose logits end in ReLU give exact ties over whole areas, and a tie must not
# fall to one side in one runtime and to the other in the next: probabilities that differ by less are a tie.
TIE = 2e-5
MARGIN = TIE / 2
"""By which a probability has to be above a threshold."""


def activate(logits: np.ndarray, activation: str) -> np.ndarray:
    """Logits (N, C, h, w) to probabilities."""
    if activation == "sigmoid":
        return 1 / (1 + np.exp(-logits))
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return shifted / shifted.sum(axis=1, keepdims=True)


def is_pair(output: Output, channels: int) -> bool:
    """Whether one channel stands for two exclusive classes: its complement is the background's probability."""
    return channels == 1 and output.kind in ("prob", "logits") and output.activation == "softmax"


def without_complement(values: np.ndarray, output: Output) -> np.ndarray:
    """Of two exclusive classes (2, h, w) the foreground (1, h, w), so that nothing is done twice; else as it is."""
    pair = values[1:]
    return pair if is_pair(output, len(pair)) else values


_RIM = 2
"""Pixels around a speck, where its probability fades out."""
_AROUND = np.ones((2 * _RIM + 1, 2 * _RIM + 1), np.uint8)


def specks(inside: np.ndarray, smallest: float) -> list[Piece]:
    """The pieces of foreground that are much smaller than the largest one.

    Args:
        inside: What is foreground (h, w), 0 and 1, as `above` tells.
        smallest: Share of the largest piece's area from which another piece is none of them.
    """
    found = pieces(inside)
    least = smallest * max((piece.area for piece in found), default=0)
    return [piece for piece in found if piece.area < least]


def faint(prob: np.ndarray, inside: np.ndarray, peak: float) -> list[Piece]:
    """The pieces of foreground whose highest probability is not above `peak`.

    Args:
        prob: Of foreground (h, w).
        inside: Where that is foreground (h, w), 0 and 1, as `above` tells.
    """
    found = pieces(inside)
    sure = above(prob, peak)
    if not found or not sure.any():
        return found
    return [piece for piece in found if not (sure[piece.window()] & piece.drawn()).any()]


def clear(
    prob: np.ndarray, inside: np.ndarray, dropped: Sequence[Piece], opacity: np.ndarray | None = None
) -> np.ndarray:
    """Two classes' probabilities (C, h, w) without some pieces of foreground and their soft rims.

    Args:
        prob: Overwritten.
        inside: What is foreground (h, w), 0 and 1, as `above` tells; overwritten.
        dropped: Of the pieces of `inside`.
        opacity: A matte (h, w) that is overwritten likewise.

    Returns:
        `prob`.
    """
    drawn = np.zeros_like(inside) if dropped else inside
    for piece in dropped:
        piece.draw(drawn)
    for piece in dropped:
        window = piece.window(_RIM)
        cleared = (cv2.dilate(drawn[window], _AROUND) > 0) & ((inside[window] == 0) | (drawn[window] > 0))
        for plane in (prob[-1], inside, opacity):
            if plane is not None:
                plane[window][cleared] = 0
        if len(prob) == 2:
            prob[0][window][cleared] = 1
    return prob


def fill_holes(prob: np.ndarray, threshold: float, largest: float) -> np.ndarray:
    """Two classes' probabilities (C, h, w) without small holes in pieces of foreground.

    Args:
        prob: Overwritten.
        threshold: Probability from which a pixel is foreground.
        largest: Share of a piece's area up to which its holes are filled.

    Returns:
        `prob`.
    """
    holes = [hole for piece in pieces(above(prob[-1], threshold)) for hole in piece.small_holes(largest)]
    if holes:
        filled = np.zeros(prob.shape[1:], np.uint8)
        for hole in holes:  # each alone: of several at once, what lies in another is left out
            cv2.drawContours(filled, [hole], -1, (1,), cv2.FILLED)
        prob[-1][filled > 0] = 1
        if len(prob) == 2:
            prob[0][filled > 0] = 0
    return prob


def restore(prob: np.ndarray, geometry: Geometry, output: Output) -> np.ndarray:
    """Probabilities (C, h, w) of the network's input at the original picture's size (C, H, W), resized bilinearly."""
    return np.ascontiguousarray(geometry.invert(prob.transpose(1, 2, 0)).transpose(2, 0, 1))


def to_mask(prob: np.ndarray, output: Output, threshold: float = 0.5) -> np.ndarray:
    """Probabilities (C, H, W) to classes (H, W), or with `multilabel` to (C, H, W) of 0 and 1; uint8.

    A tie goes to the lower class.
    """
    if output.multilabel:
        return above(prob, threshold)
    if prob.shape[0] <= 2:
        return above(prob[-1], threshold)
    best = prob >= prob.max(axis=0) - TIE  # the first of these is the lowest class
    return best.argmax(axis=0).astype(np.uint8 if prob.shape[0] <= 256 else np.int32)


def above(prob: np.ndarray, threshold: float) -> np.ndarray:
    """Where probabilities are above a threshold, 0 and 1, uint8."""
    return (prob > threshold + MARGIN).view(np.uint8)


def foreground(prob: np.ndarray, output: Output) -> np.ndarray:
    """The probability (H, W) that a pixel is anything but background."""
    if output.multilabel:
        return prob.max(axis=0)
    return prob[0] if prob.shape[0] == 1 else 1 - prob[0]


def to_alpha(prob: np.ndarray, low: float = 0.2, high: float = 0.8) -> np.ndarray:
    """A matte (H, W) in [0, 1] from foreground probabilities: nothing below `low`, everything above `high`.

    A small network's edge, enlarged, is wide; used as it is it shows a halo of the old background.
    """
    ramp = prob - np.float32(low)
    ramp /= high - low
    np.clip(ramp, 0, 1, out=ramp)
    matte = -2 * ramp
    matte += 3
    matte *= ramp
    matte *= ramp
    return matte


OPACITY = opacity(to_alpha(np.linspace(0, 1, 256, dtype=np.float32)[None]))[0]


def to_opacity(prob: np.ndarray) -> np.ndarray:
    """`to_alpha` as uint8 (H, W), 0 to 255, by a table: what pictures are made with."""
    return cv2.LUT(opacity(prob), OPACITY)
