"""How steady masks of clips are, and whether they lag: each way of smoothing on clips whose mattes are known.

    python benchmarks/steady.py FOLDERS... [--model zoo://portrait]

A folder holds `images/` and `alphas/`, frames with equal names. Each clip is taken as it is, and as a webcam sees it in
the dark: half as bright, with noise of 12 grey levels, as JPEG of quality 70.

| column | what |
|---|---|
| mIoU | of all frames together |
| flicker | pixels whose class changes though the label's does not, in 10,000 |
| at rest | the same, only where the matte has not changed within five pixels: what the eye sees as flicker |
| MAD | mean difference of the matte, in 1,000 |
| after a jump | pixels that are wrong in the first frame after twenty are left out, in 1,000: lag shows there |
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from paddleseg.images.io import list_images, read_image, read_label
from paddleseg.inference.predictor import Predictor
from paddleseg.inference.soft_labels import predictor_of
from paddleseg.metrics import Confusion, Flicker
from paddleseg.video import Session

Clip = list[tuple[np.ndarray, np.ndarray]]
"""Frames, RGB uint8 (H, W, 3), and their mattes, uint8 (H, W)."""
WAYS: dict[str, dict] = {
    "none": {"temporal": None},
    "ema": {"temporal": "ema"},
    "adaptive": {"temporal": "adaptive"},
    "flow": {"temporal": "flow"},
    "adaptive, --every 2": {"temporal": "adaptive", "every": 2},
}
_JUMP, _BEFORE, _APART = 20, 6, 6
_AROUND = np.ones((11, 11), np.uint8)


@dataclass
class Score:
    """What was counted of one way."""

    masks: Confusion = field(default_factory=lambda: Confusion(2))
    flicker: Flicker = field(default_factory=Flicker)
    at_rest: list[float] = field(default_factory=list)
    mad: list[float] = field(default_factory=list)
    jumps: list[float] = field(default_factory=list)

    def row(self) -> str:
        return (
            f"{100 * self.masks.compute()['mIoU']:.2f} | {1e4 * self.flicker.compute()['flicker']:.1f} | "
            f"{1e4 * np.mean(self.at_rest):.2f} | {1e3 * np.mean(self.mad):.2f} | {1e3 * np.mean(self.jumps):.2f}"
        )


def read_clip(folder: Path) -> Clip:
    pairs = [(path, folder / "alphas" / f"{path.stem}.png") for path, _ in list_images(folder / "images")]
    return [(read_image(image), read_label(matte)) for image, matte in pairs]


def in_the_dark(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    dark = np.clip(image * 0.5 + rng.normal(0, 12, image.shape), 0, 255).astype(np.uint8)
    return cv2.imdecode(cv2.imencode(".jpg", dark, [cv2.IMWRITE_JPEG_QUALITY, 70])[1], cv2.IMREAD_COLOR)


def measure(make: Callable[[], Session], clips: Sequence[Clip]) -> Score:
    score = Score()
    for clip in clips:
        session, before = make(), None
        score.flicker.restart()
        for image, matte in clip:
            frame, label = session(image), (matte >= 128).astype(np.uint8)
            score.masks.update(frame.mask, label)
            score.flicker.update(frame.mask, label)
            score.mad.append(np.abs(frame.opacity.astype(float) - matte).mean() / 255)
            if before is not None:
                rest = cv2.dilate((cv2.absdiff(matte, before[1]) > 6).view(np.uint8), _AROUND) == 0
                score.at_rest.append(((frame.mask != before[0]) & rest).sum() / max(rest.sum(), 1))
            before = frame.mask, matte
        score.jumps += list(jumps(make, clip))
    return score


def jumps(make: Callable[[], Session], clip: Clip) -> Iterator[float]:
    for start in range(0, len(clip) - _BEFORE - _JUMP, _APART):
        session = make()
        for image, _ in clip[start : start + _BEFORE]:
            session(image)
        image, matte = clip[start + _BEFORE + _JUMP]
        yield float((session(image).mask != (matte >= 128)).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--model", default="zoo://portrait")
    options = parser.parse_args()
    predictor: Predictor = predictor_of(options.model)
    clips = [read_clip(folder) for folder in options.folders]
    rng = np.random.default_rng(0)
    light = {"as it is": clips, "dark": [[(in_the_dark(image, rng), matte) for image, matte in clip] for clip in clips]}
    print("| clips | smoothing | mIoU | flicker | at rest | MAD | after a jump |\n|---|---|---:|---:|---:|---:|---:|")
    for name, shown in light.items():
        for way, settings in WAYS.items():
            print(
                f"| {name} | {way} | {measure(lambda s=settings: Session(predictor, **s), shown).row()} |", flush=True
            )


if __name__ == "__main__":
    main()
