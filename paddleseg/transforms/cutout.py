"""People cut out of a photo, and put before another picture so that neither edge nor place gives it away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import cv2
import numpy as np

from paddleseg.errors import DataError
from paddleseg.geometry import Resize, Size
from paddleseg.images.backgrounds import resized
from paddleseg.images.compositing import foreground_color
from paddleseg.transforms.fields import Field
from paddleseg.transforms.sample import Sample

# A person of fewer rows, or of a smaller share of the photo, is not worth pasting.
_LEAST_ROWS, _LEAST_SHARE = 24, 0.004
# Background kept around a person, as a share of the box: the edge's colours are told apart by it.
_MARGIN = 0.04
# The share of the rows that has to be left where a person is cut above the place where the frame cut the arms off.
_LEAST_KEPT = 0.6
# A standing figure's height as a multiple of its width; how much of the picture's height it fills at most.
_SLENDER, _TALLEST = 1.9, 0.95
# The least space above a head, as a share of the picture, and how much of a person's width may lie outside of it.
_HEADROOM, _HIDDEN = 0.02, 0.2
# How far colours may be moved, of 255: lightness, and the two colour axes.
_FARTHEST = np.array([30.0, 12.0, 12.0])


@dataclass(frozen=True)
class Cutout:
    """A person (or several that stood together) with a little of the photo around.

    Args:
        image: (H, W, 3) uint8.
        mask: (H, W) float32: the label's edge, or a matte.
        box: Where in it the person is: rows and columns (top, left, bottom, right).
        cut: Where the photo's frame cut the person off: at the top, left, bottom, right.
        maps: More maps of the photo, such as labels.
        is_matte: Whether `mask` is soft already.
    """

    image: np.ndarray
    mask: np.ndarray
    box: tuple[int, int, int, int]
    cut: tuple[bool, bool, bool, bool]
    maps: Mapping[str, Field]
    is_matte: bool = False

    @property
    def size(self) -> Size:
        """(h, w) of the person."""
        top, left, bottom, right = self.box
        return bottom - top, right - left


def people_of(sample: Sample, person: int, who: str) -> np.ndarray:
    """Where a sample's label (H, W) says `person`.

    Raises:
        DataError: A pixel may belong to several classes, which transform `who` cannot work with.
    """
    if sample.label is None or sample.label.ndim != 2:
        raise DataError(who, "needs labels of one class a pixel", "leave it out")
    return sample.label == person


def cut_out(
    image: np.ndarray, mask: np.ndarray, maps: Mapping[str, Field], matte: np.ndarray | None = None
) -> Cutout | None:
    """The people of a mask (H, W) of True and False; None where there is nobody, or hardly anybody.

    Args:
        maps: What is cut out with them.
        matte: (H, W) in [0, 1], finer than the mask.
    """
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if len(rows) < _LEAST_ROWS or mask.mean() < _LEAST_SHARE:
        return None
    top, left, bottom, right = rows[0], columns[0], rows[-1] + 1, columns[-1] + 1
    margin = round(_MARGIN * max(bottom - top, right - left)) + 4
    y, x = max(top - margin, 0), max(left - margin, 0)
    window = (slice(y, bottom + margin), slice(x, right + margin))
    # A few pixels at the border are no cut: labels are not that exact.
    least = max(0.03 * min(bottom - top, right - left), 2)
    borders = (mask[0], mask[:, 0], mask[-1], mask[:, -1])
    cut = tuple(bool(border.sum() >= least) for border in borders)
    if cut[0] and not cut[2]:  # something reaches into the photo from above, such as an arm
        return None
    return Cutout(
        image[window],
        (mask if matte is None else matte)[window].astype(np.float32),
        (top - y, left - x, bottom - y, right - x),
        cut,  # type: ignore[arg-type]
        {name: Field(held.array[window], held.kind) for name, held in maps.items()},
        matte is not None,
    )


def without_cut_sides(cutout: Cutout) -> Cutout:
    """The part above the rows where the frame cut the person off at a side, if that is enough of a person.

    Below the picture's border nobody sees where shoulders end.
    """
    top, left, bottom, right = cutout.box
    touching = np.zeros(bottom - top, bool)
    for is_cut, column in ((cutout.cut[1], left), (cutout.cut[3], right - 1)):
        if is_cut:
            touching |= cutout.mask[top:bottom, column] > 0.5
    first = int(np.argmax(touching)) if touching.any() else bottom - top
    if first == bottom - top or first < max(_LEAST_KEPT * (bottom - top), _LEAST_ROWS):
        return cutout
    inside = np.flatnonzero((cutout.mask[top : top + first] > 0.5).any(axis=0))
    rows = slice(0, top + first)
    return replace(
        cutout,
        image=cutout.image[rows],
        mask=cutout.mask[rows],
        box=(top, int(inside[0]), top + first, int(inside[-1]) + 1),
        cut=(cutout.cut[0], False, True, False),
        maps={name: Field(held.array[rows], held.kind) for name, held in cutout.maps.items()},
    )


@dataclass(frozen=True)
class Place:
    """The factor by which a cutout is resized, and where its image's upper left corner comes to lie."""

    scale: float
    y: int
    x: int

    def columns(self, cutout: Cutout) -> tuple[float, float]:
        """What the person covers from left to right."""
        return self.x + cutout.box[1] * self.scale, self.x + cutout.box[3] * self.scale


def find_place(cutout: Cutout, canvas: Size, height: float, rng: np.random.Generator, zoom: float = 2.0) -> Place:
    """A place for a person of `height` (a share of the canvas): what a frame has cut off, a frame cuts off again.

    Args:
        zoom: The largest factor: a photo enlarged further is blurred.
    """
    h, w = cutout.size
    cut_top, cut_left, cut_bottom, cut_right = cutout.cut
    # Only a slender figure stands free; others sit, or something hides their legs that is not in the new picture.
    stands = not cut_bottom and h > _SLENDER * w
    scale = min(height * canvas[0] / h, zoom, (_TALLEST if stands else np.inf) * canvas[0] / h)
    if cut_top and cut_bottom:
        scale = max(scale, (canvas[0] + 2) / h)
    if cut_left and cut_right:
        scale = max(scale, (canvas[1] + 2) / w)
    tall, wide = h * scale, w * scale
    y = canvas[0] * (rng.uniform(0.85, 1.0) if stands else 1) - tall
    if not (stands or cut_top):
        y += rng.uniform(0, 0.05) * tall
    y = min(y, -2.0) if cut_top else max(y, _HEADROOM * canvas[0])  # of a person who is too large the head is shown
    if cut_left != cut_right:
        x = 0.0 if cut_left else canvas[1] - wide
    elif cut_left or wide > canvas[1]:
        x = (canvas[1] - wide) * rng.uniform(0.4, 0.6)
    else:
        x = rng.uniform(-_HIDDEN * wide, canvas[1] - (1 - _HIDDEN) * wide)
    # One pixel beyond the border, or rounding shows a line of background there.
    y, x = y + cut_bottom, x + int(cut_right) - int(cut_left)
    return Place(scale, round(y - cutout.box[0] * scale), round(x - cutout.box[1] * scale))


@dataclass(frozen=True)
class Pasted:
    """Where a person is now: alpha (h, w) in [0, 1] and maps (h, w) of the part of the canvas from (y, x) on."""

    y: int
    x: int
    alpha: np.ndarray
    maps: Mapping[str, Field]

    def within(self, canvas: np.ndarray) -> np.ndarray:
        """That part of an array of the canvas's size."""
        h, w = self.alpha.shape
        return canvas[self.y : self.y + h, self.x : self.x + w]

    def draw_map(self, name: str, canvas: np.ndarray) -> None:
        """Put one of the maps over that of the canvas: where the person is seen, or as one pane over another."""
        held, under = self.maps[name], self.within(canvas)
        if held.kind.unit:
            held.kind.lay_over(under, held.array)
        else:
            seen = self.alpha >= 0.5
            under[seen] = held.array[seen]


def paste(
    canvas: np.ndarray, cutout: Cutout, place: Place, scene: np.ndarray, light: float, color: float
) -> Pasted | None:
    """Draw a person into the canvas (H, W, 3); None where none of it would be seen.

    Args:
        scene: The picture that the person's light moves to.
        light: How far lightness and contrast do so, from 0 to 1.
        color: Likewise for the tint.
    """
    h, w = (max(round(side * place.scale), 1) for side in cutout.mask.shape)
    top, left = max(-place.y, 0), max(-place.x, 0)
    bottom, right = min(h, canvas.shape[0] - place.y), min(w, canvas.shape[1] - place.x)
    if bottom <= top or right <= left:
        return None
    # Resized first: the rest costs as much as the result is large, not as the photo is.
    image, mask = resized(cutout.image, (h, w)), resized(cutout.mask, (h, w))
    alpha = np.clip(mask, 0, 1) if cutout.is_matte else soften(mask, max(place.scale, 0.8))
    front = match_light(foreground_color(image, alpha), alpha, scene, light, color)
    window = (slice(top, bottom), slice(left, right))
    resize = Resize((h, w))
    maps = {name: Field(held.kind.moved(held.array, resize)[window], held.kind) for name, held in cutout.maps.items()}
    pasted = Pasted(place.y + top, place.x + left, alpha[window], maps)
    under, weight = pasted.within(canvas), pasted.alpha[..., None]
    under[:] = np.rint(front[window] * weight + under * (1 - weight)).astype(np.uint8)
    return pasted


def soften(mask: np.ndarray, width: float) -> np.ndarray:
    """A soft edge for a mask of 0 and 1, which lies within it: the outermost pixels show the old background."""
    blurred = cv2.GaussianBlur(mask, (0, 0), width, borderType=cv2.BORDER_REPLICATE)
    return np.clip((blurred - 0.4) / 0.5, 0, 1)


def match_light(image: np.ndarray, alpha: np.ndarray, scene: np.ndarray, light: float, color: float) -> np.ndarray:
    """An image whose foreground has moved towards the scene's mean and spread of colours in Lab.

    After Reinhard et al., "Color Transfer between Images" (2001), part of the way: white shirts stay white at night.
    """
    inside = (alpha > 0.5).astype(np.uint8)
    if not inside.any() or not (light or color):
        return image
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB)
    mean, spread = (values[:, 0] for values in cv2.meanStdDev(lab, mask=inside))
    wanted, wanted_spread = (values[:, 0] for values in cv2.meanStdDev(cv2.cvtColor(scene, cv2.COLOR_RGB2LAB)))
    share = np.array([light, color, color])
    shift = share * np.clip(wanted - mean, -_FARTHEST, _FARTHEST)
    factor = np.clip(wanted_spread / np.maximum(spread, 1), 0.7, 1.4) ** (share * [1, 0, 0])
    values = np.arange(256.0)[:, None]
    table = np.clip(np.rint((values - mean) * factor + mean + shift), 0, 255).astype(np.uint8)
    return cv2.cvtColor(cv2.LUT(lab, table[None]), cv2.COLOR_LAB2RGB)
