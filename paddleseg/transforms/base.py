"""The transform contract and the chain of transforms."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from paddleseg.transforms.sample import Sample


class Transform:
    """Changes a sample in place and returns it; draws only from `sample.rng`."""

    def __call__(self, sample: Sample) -> Sample:
        raise NotImplementedError

    def each_label(self, sample: Sample, move: Callable[[np.ndarray], np.ndarray]) -> None:
        """Move the label and all maps that belong to it."""
        if sample.label is not None:
            sample.label = move(sample.label)
        for name, value in sample.extra.items():
            sample.extra[name] = move(value)


class Compose(Transform):
    """Transforms in order."""

    def __init__(self, transforms: Sequence[Callable[[Sample], Sample]]):
        self.transforms = list(transforms)

    def __call__(self, sample: Sample) -> Sample:
        for transform in self.transforms:
            sample = transform(sample)
        return sample
