"""The steps from probabilities to masks."""

from __future__ import annotations

import numpy as np

from paddleseg.inference import postprocess
from paddleseg.inference.edges import refine_edges
from paddleseg.inference.post.chain import Frame, PostStep
from paddleseg.registry import POSTPROCESS


@POSTPROCESS.register("drop_specks")
class DropSpecks(PostStep):
    """Make background of pieces of foreground that are much smaller than the largest one.

    Args:
        smallest: Share of the largest piece's area from which another piece is kept.

    Raises:
        ValueError: `smallest` is not within [0, 1).
    """

    two_classes = True

    def __init__(self, smallest: float):
        if not 0 <= smallest < 1:
            raise ValueError(f"smallest should lie within [0, 1), not {smallest!r}")
        self.smallest = smallest

    def __call__(self, frame: Frame) -> None:
        dropped = postprocess.specks(frame.inside, self.smallest)
        postprocess.clear(frame.values, frame.inside, dropped, frame.opacity)


@POSTPROCESS.register("drop_faint")
class DropFaint(PostStep):
    """Make background of pieces of foreground that the network is nowhere sure of: coats, cushions, pictures on walls.

    Args:
        peak: Probability that at least one pixel of a piece has to have.

    Raises:
        ValueError: `peak` is not within (0, 1).
    """

    two_classes = True

    def __init__(self, peak: float):
        if not 0 < peak < 1:
            raise ValueError(f"peak should lie within (0, 1), not {peak!r}")
        self.peak = peak

    def __call__(self, frame: Frame) -> None:
        dropped = postprocess.faint(frame.values[-1], frame.inside, self.peak)
        postprocess.clear(frame.values, frame.inside, dropped, frame.opacity)


@POSTPROCESS.register("fill_holes")
class FillHoles(PostStep):
    """Make foreground of small holes in people.

    Args:
        largest: Share of a piece's area up to which its holes are filled; a gap between arm and body is larger.

    Raises:
        ValueError: `largest` is not within (0, 1).
    """

    two_classes = True

    def __init__(self, largest: float):
        if not 0 < largest < 1:
            raise ValueError(f"largest should lie within (0, 1), not {largest!r}")
        self.largest = largest

    def __call__(self, frame: Frame) -> None:
        frame.become(postprocess.fill_holes(frame.values, frame.threshold, self.largest))


@POSTPROCESS.register("to_picture")
class ToPicture(PostStep):
    """Bring the output from the network's input back to the picture's size, bilinearly."""

    enlarges = True

    def __call__(self, frame: Frame) -> None:
        frame.become(postprocess.restore(frame.values, frame.geometry, frame.output))


@POSTPROCESS.register("refine_edges")
class RefineEdges(PostStep):
    """Move the edges of two classes' probabilities onto the photo's own.

    Args:
        radius: How far from a pixel the photo is looked at, in pixels of the network's input.

    Raises:
        ValueError: `radius` is not above 0.
    """

    two_classes = True
    enlarges = True

    def __init__(self, radius: float):
        if not 0 < radius < float("inf"):
            raise ValueError(f"radius should be above 0, not {radius!r}")
        self.radius = radius

    def __call__(self, frame: Frame) -> None:
        values, (h, w) = frame.values, frame.image.shape[:2]
        if values.shape[1:] != (h, w) and not frame.geometry.only_resizes:
            values = postprocess.restore(values, frame.geometry, frame.output)
        refined = refine_edges(values[-1], frame.image, self.radius / frame.geometry.zoom, frame.threshold)
        prob = refined.prob[None] if len(values) == 1 else np.stack([1 - refined.prob, refined.prob])
        frame.become(prob, refined.inside, refined.opacity)


@POSTPROCESS.register("to_mask")
class ToMask(PostStep):
    """Choose classes: the one of highest probability; of one or two, or of independent ones, from `threshold` on.

    Args:
        threshold: Probability from which a pixel is foreground.

    Raises:
        ValueError: `threshold` is not within (0, 1).
    """

    def __init__(self, threshold: float = 0.5):
        if not 0 < threshold < 1:
            raise ValueError(f"threshold should lie within (0, 1), not {threshold!r}")
        self.threshold = threshold

    def __call__(self, frame: Frame) -> None:
        known = self.threshold == frame.threshold and len(frame.values) <= 2 and not frame.output.multilabel
        frame.mask = frame.inside if known else postprocess.to_mask(frame.values, frame.output, self.threshold)
