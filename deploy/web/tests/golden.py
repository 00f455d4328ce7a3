"""What the Python package finds, for the tests of the browser's: run it again when a card or a step changes.

python deploy/web/tests/golden.py                          # tests/golden: small arrays and a few masks, committed
python deploy/web/tests/golden.py --all OUT [--clip MP4]   # all bundled photos as PNG, and a clip
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import cv2
import numpy as np

from paddleseg.images.io import read_image
from paddleseg.inference.edges import refine_edges
from paddleseg.inference.postprocess import above, clear, faint, specks, to_opacity
from paddleseg.inference.predictor import Predictor
from paddleseg.video.scene import Scenes
from paddleseg.video.session import Session
from paddleseg.video.smoothing import Adaptive

WEB = Path(__file__).resolve().parents[1]
PHOTOS = WEB.parents[1] / "data" / "portrait_mini" / "images"
FEW = ("000000000785", "000000045070", "000000157601", "000000205105", "000000237071", "000000489339")


def blobs(seed: int, size: tuple[int, int]) -> np.ndarray:
    """Smooth probabilities (h, w) with pieces of all sizes."""
    noise = np.random.default_rng(seed).random(size).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 2.0)
    low, high = smooth.min(), smooth.max()
    return np.round((smooth - low) / (high - low), 4)


def steps() -> dict[str, object]:
    """Small inputs and what each step makes of them."""
    prob = blobs(0, (24, 36))
    photo = np.stack([np.round(255 * blobs(seed, (48, 72))) for seed in (1, 2, 3)], axis=-1).astype(np.uint8)
    grey = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)
    odd = grey[:45, :71]
    adaptive, frames = Adaptive(), [blobs(seed, (6, 8)) for seed in (4, 4, 5)]
    frames[1] = np.round(np.clip(frames[0] + 0.04, 0, 1), 4)
    scenes, views = Scenes(), [blobs(seed, (40, 50)) for seed in (6, 6, 7)]
    return {
        "prob": nested(prob),
        "photo": photo.reshape(-1).tolist(),
        "grey": grey.reshape(-1).tolist(),
        "enlarged": nested(cv2.resize(prob, (72, 48), interpolation=cv2.INTER_LINEAR)),
        "halved": cv2.resize(grey, (36, 24), interpolation=cv2.INTER_AREA).reshape(-1).tolist(),
        "halved_odd": cv2.resize(odd, (35, 22), interpolation=cv2.INTER_AREA).reshape(-1).tolist(),
        "box": nested(cv2.blur(prob, (7, 7))),
        "gaussian": nested(cv2.GaussianBlur(prob, (0, 0), 2.3)),
        "specks": nested(clear(prob[None].copy(), above(prob, 0.6), specks(above(prob, 0.6), 0.2))[0]),
        "faint": nested(clear(prob[None].copy(), above(prob, 0.6), faint(prob, above(prob, 0.6), 0.8))[0]),
        "edges": nested(refine_edges(prob, photo[:45, :71], 6.0, 0.45).prob),
        "opacity": to_opacity(np.linspace(0, 1, 52, dtype=np.float32)[None])[0].tolist(),
        "frames": [nested(frame) for frame in frames],
        "smooth": [nested(adaptive(frame[None].copy(), frame)[0]) for frame in frames],
        "views": [nested(view) for view in views],
        "begins": [bool(scenes.begins(view)) for view in views],
    }


def nested(values: np.ndarray) -> list[float]:
    return [round(float(value), 5) for value in values.reshape(-1)]


def write(folder: Path, predictor: Predictor) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(steps(), separators=(",", ":"))
    (folder / "steps.json").write_text(text + "\n", encoding="utf-8")
    for name in FEW:
        mask = predictor(read_image(PHOTOS / f"{name}.jpg")).mask
        cv2.imwrite(str(folder / f"{name}.png"), mask * 255, [cv2.IMWRITE_PNG_BILEVEL, 1])


def write_all(folder: Path, predictor: Predictor, clip: str | None) -> None:
    """Photos as PNG, so that both see the same pixels, and their masks and opacity."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in sorted(PHOTOS.glob("*.jpg")):
        photo = read_image(file)
        save(folder, file.stem, photo, predictor(photo))
    if clip:
        session, reader = Session(predictor), cv2.VideoCapture(clip)
        for number in range(48):
            ok, frame = reader.read()
            if not ok:
                break
            frame = cv2.resize(frame, (1280, 720), interpolation=cv2.INTER_LINEAR)[..., ::-1].copy()
            save(folder, f"frame{number:04d}", frame, session(frame))


def save(folder: Path, name: str, picture: np.ndarray, result: object) -> None:
    cv2.imwrite(str(folder / f"{name}.photo.png"), picture[..., ::-1])
    cv2.imwrite(str(folder / f"{name}.mask.png"), result.mask * 255)
    cv2.imwrite(str(folder / f"{name}.opacity.png"), result.opacity)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", metavar="OUT", type=Path)
    parser.add_argument("--clip")
    args = parser.parse_args()
    predictor = Predictor.from_zoo("portrait", "onnx", threads=1)
    if args.all:
        write_all(args.all, predictor, args.clip)
    else:
        write(WEB / "tests" / "golden", predictor)


if __name__ == "__main__":
    main()
