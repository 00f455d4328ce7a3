"""People before other backgrounds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from paddleseg.geometry import Geometry, Size
from paddleseg.images.backgrounds import resized
from paddleseg.images.io import list_images, read_image
from paddleseg.registry import TRANSFORMS
from paddleseg.transforms import arguments
from paddleseg.transforms.backdrop import random_part
from paddleseg.transforms.base import Source, Transform
from paddleseg.transforms.cutout import Cutout, Pasted, Place, cut_out, find_place, paste, people_of, without_cut_sides
from paddleseg.transforms.fields import Field
from paddleseg.transforms.functional import as_uint8
from paddleseg.transforms.sample import Sample

# People behind are smaller, and look for a place beside those that are there so often.
_BEHIND, _TRIES = (0.6, 0.95), 6


@TRANSFORMS.register
class ComposePortrait(Transform):
    """Put the people of a photo before another background, by mask or matte (Chu et al., WACV-W 2022, sec. 3.3).

    Someone whom the photo's frame cut off at the bottom stays at the bottom of the new picture, and so at the sides.
    The old background's colour is taken out of the edge, and the person's light moves towards the new background's.
    A photo without people stays as it is. Put it before transforms that change colours or quality, so that these hold
    the two together. Needs labels (H, W).

    Args:
        backgrounds: Pictures without people: a folder, or a `.txt` list.
        prob: Probability that a sample is composed.
        empty_prob: The share of the composed ones that is a background alone, so that an empty room stays empty.
        target_size: [w, h] of the picture; as large as the photo where that is left out.
        height_range: The person's height as a share of the picture's.
        more_people_prob: Probability of one more person from the same data set, and then of another one.
        max_people: How many photos at most give their people.
        light_range: How far lightness and contrast move to the background's, at least and at most, from 0 to 1.
        color_range: Likewise for the tint.
        mattes: A folder with a matte (grey, 255 is person) of the name of each photo, or of some, as PNG: it gives the
            edge then.
        person: The people's class; in the new picture all else is class 0.

    Raises:
        DataError: No such folder or no picture in it; in use, a picture is broken or the label is not (H, W).

    Example:
        >>> ComposePortrait("rooms", prob=1, target_size=[640, 360])(sample).image.shape
        (360, 640, 3)
    """

    draws = True

    def __init__(
        self,
        backgrounds: str | Path,
        prob: float = 0.5,
        empty_prob: float = 0.05,
        target_size: Sequence[int] | None = None,
        height_range: Sequence[float] = (0.5, 1.0),
        more_people_prob: float = 0.2,
        max_people: int = 3,
        light_range: Sequence[float] = (0.0, 0.6),
        color_range: Sequence[float] = (0.0, 0.6),
        mattes: str | Path | None = None,
        person: int = 1,
    ):
        self.prob = arguments.probability("prob", prob)
        self.empty_prob = arguments.probability("empty_prob", empty_prob)
        self.more_people_prob = arguments.probability("more_people_prob", more_people_prob)
        self.max_people = int(arguments.at_least("max_people", max_people, 1))
        self.size = None if target_size is None else arguments.size_from_wh("target_size", target_size)
        self.heights = arguments.span("height_range", height_range, 0.05, 3)
        self.lights = arguments.span("light_range", light_range, 0, 1)
        self.colors = arguments.span("color_range", color_range, 0, 1)
        self.backgrounds = [path for path, _ in list_images(backgrounds)]
        self.mattes = None if mattes is None else Path(mattes)
        self.person = person
        self.source: Source | None = None

    def attach(self, source: Source) -> None:
        self.source = source

    def __call__(self, sample: Sample) -> Sample:
        if sample.label is None or sample.rng.random() >= self.prob:
            return sample
        own = self.cutout(sample)
        if own is None:
            return sample
        size = self.size or sample.size
        canvas = self.background(size, sample.rng)
        fields = {"image": Field(canvas[..., : sample.image.shape[2]], sample.fields["image"].kind)}
        for name in sample.label_names:
            held = sample.fields[name]
            fields[name] = Field(np.zeros((*size, *held.array.shape[2:]), held.array.dtype), held.kind)
        if sample.rng.random() >= self.empty_prob:
            for pasted in self.people(canvas, own, sample.rng):
                pasted.within(fields["label"].array)[pasted.alpha >= 0.5] = self.person
                for name in pasted.maps:
                    pasted.draw_map(name, fields[name].array)
        sample.fields, sample.geometry = fields, Geometry(size)
        return sample

    def background(self, size: Size, rng: np.random.Generator) -> np.ndarray:
        """A random part of a random background, (H, W, 3)."""
        return random_part(self.backgrounds, size, rng)

    def cutout(self, sample: Sample) -> Cutout | None:
        """The people of a sample; None where there are none."""
        mask, matte = people_of(sample, self.person, "ComposePortrait"), self._matte(sample)
        image = as_uint8(sample.image)
        image = image if image.shape[2] == 3 else np.repeat(image, 3, axis=2)
        maps = {name: sample.fields[name] for name in sample.extra}
        return cut_out(image, mask if matte is None else matte > 0.5, maps, matte)

    def _matte(self, sample: Sample) -> np.ndarray | None:
        file = self.mattes / f"{Path(sample.path).stem}.png" if self.mattes else None
        if file is None or not file.is_file():
            return None
        return resized(read_image(file, channels=1)[..., 0], sample.size).astype(np.float32) / 255

    def people(self, canvas: np.ndarray, own: Cutout, rng: np.random.Generator) -> list[Pasted]:
        """Draw the sample's people, and before that those who stand behind them."""
        height = rng.uniform(*self.heights)
        own = self._trimmed(own, canvas, rng)
        place = find_place(own, canvas.shape[:2], height, rng)
        queue = [(own, place)]
        while len(queue) < self.max_people and rng.random() < self.more_people_prob:
            other = self._someone(own, rng)
            if other is not None:
                other = self._trimmed(other, canvas, rng)
                queue.append((other, self._beside(other, queue, canvas.shape[:2], height, rng)))
        # One light for all: they are in one room.
        light, color = rng.uniform(*self.lights), rng.uniform(*self.colors)
        scene = canvas.copy()
        done = [paste(canvas, cutout, place, scene, light, color) for cutout, place in reversed(queue)]
        return [pasted for pasted in done if pasted is not None]

    def _trimmed(self, cutout: Cutout, canvas: np.ndarray, rng: np.random.Generator) -> Cutout:
        """With a straight cut at one side half of all stay at that side; with cuts at both there is no such place."""
        _, left, _, right = cutout.cut
        return without_cut_sides(cutout) if (left and right) or ((left or right) and rng.random() < 0.5) else cutout

    def _someone(self, own: Cutout, rng: np.random.Generator) -> Cutout | None:
        """People of another photo of the data set, unless it lacks maps that transforms have made of this one."""
        if self.source is None:
            return None
        sample = self.source.read(int(rng.integers(len(self.source))), rng)
        return None if sample.label is None or sample.extra.keys() != own.maps.keys() else self.cutout(sample)

    @staticmethod
    def _beside(
        cutout: Cutout, others: list[tuple[Cutout, Place]], canvas: Size, height: float, rng: np.random.Generator
    ) -> Place:
        """Of some places the one that overlaps least with others."""
        taken = [place.columns(other) for other, place in others]

        def overlap(place: Place) -> float:
            left, right = place.columns(cutout)
            return sum(max(min(right, end) - max(left, start), 0) for start, end in taken)

        heights = height * rng.uniform(*_BEHIND, _TRIES)
        return min((find_place(cutout, canvas, share, rng) for share in heights), key=overlap)
