"""PaddleSeg's portrait demo: its flags over `paddleseg video` and `paddleseg predict`.

    python contrib/PP-HumanSeg/src/seg_demo.py --config output/export/deploy.yaml --video_path talk.mp4 --use_optic_flow

Without a picture and a clip it takes the camera, until q is pressed in its window.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from paddleseg.card import load_card
from paddleseg.card.step import Step
from paddleseg.cli.video import Watch
from paddleseg.errors import ConfigError
from paddleseg.images import compositing
from paddleseg.images.head import IMAGE_EXTENSIONS
from paddleseg.images.io import read_image, write_image
from paddleseg.images.paint import palette
from paddleseg.inference.outputs import Writer
from paddleseg.inference.pictures import predict_files
from paddleseg.inference.predictor import Predictor
from paddleseg.program import reports_mistakes
from paddleseg.targets import refuse_overwriting
from paddleseg.video.convert import convert_video
from paddleseg.video.target import SUFFIXES

WHITE = "#ffffff"


def parser() -> argparse.ArgumentParser:
    """The flags, by PaddleSeg's names."""
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--config", required=True, help="deploy.yaml or inference.yml of an exported folder")
    flags.add_argument("--img_path", help="a picture, a folder or a .txt list")
    flags.add_argument("--video_path", help="a clip")
    flags.add_argument("--bg_img_path", help="the picture behind people (default: white)")
    flags.add_argument("--bg_video_path", help="the clip behind people")
    flags.add_argument("--save_dir", default="./output", help="a folder, or the result's file (default: %(default)s)")
    flags.add_argument("--use_post_process", action="store_true", help="nothing to choose: the model's card says it")
    flags.add_argument("--use_optic_flow", action="store_true", help="follow people by optical flow")
    flags.add_argument("--vertical_screen", action="store_true", help="pictures are higher than wide")
    flags.add_argument("--test_speed", action="store_true", help="print milliseconds a frame")
    return flags


@reports_mistakes
def main(argv: Sequence[str] | None = None) -> int:
    """Run the demo; exit codes are those of `paddleseg.program`."""
    args = parser().parse_args(argv)
    if args.img_path and args.video_path:
        raise ConfigError("--video_path", "is given beside --img_path", "give one of them")
    background = args.bg_video_path or args.bg_img_path or WHITE
    predictor = upright(args.config) if args.vertical_screen else Predictor.from_export(args.config)
    folder, name = place(args.save_dir)
    if args.img_path and name:
        photo = read_image(args.img_path)
        refuse_overwriting([args.img_path, background], [folder / name])
        behind = compositing.background_from(background)
        folder.mkdir(parents=True, exist_ok=True)
        write_image(folder / name, compositing.compose(photo, predictor(photo).opacity, behind))
        print(folder / name)
        return 0
    if args.img_path:
        folders = {"background": "."}
        behind = compositing.background_from(background)
        writer = Writer(args.save_dir, ["background"], palette([]), behind, folders)
        report = predict_files(predictor, args.img_path, writer, keep=[background] if background != WHITE else [])
        print(f"{report.done} pictures, results in {args.save_dir}")
        report.raise_if_any_failed()
        return 0
    source = args.video_path or "0"
    temporal = "flow" if args.use_optic_flow else None
    with Watch(preview=not args.video_path) as watch:
        target = folder / (name or f"{Path(args.video_path or 'camera').stem}.mp4")
        done = convert_video(source, target, background, temporal=temporal, predictor=predictor, watch=watch)
    print(f"{done.frames} frames: {done.output}")
    if args.test_speed and done.frames:
        print(f"{1000 * done.seconds / done.frames:.1f} ms a frame, with reading and writing")
    return 0


def place(save_dir: str) -> tuple[Path, str]:
    """The folder of the results, and the result's name where `--save_dir` names a file, as PaddleSeg's pages do."""
    path = Path(save_dir)
    if path.suffix.lower() == ".avi":
        path = path.with_suffix(".mp4")
        print(f"AVI holds no times of frames and hardly any sound: the clip is written as {path}")
    is_file = path.suffix.lower() in (*IMAGE_EXTENSIONS, *SUFFIXES) and not path.is_dir()
    return (path.parent, path.name) if is_file else (path, "")


def upright(config: str) -> Predictor:
    """The model for pictures that are higher than wide: what it resizes to is turned, where its graph takes that."""
    card, _ = load_card(config)
    steps = [turned(step) for step in card.preprocess]
    predictor = Predictor.from_export(config)
    return Predictor(card.model_copy(update={"preprocess": steps}), predictor.runtime)


def turned(step: Step) -> Step:
    """A step that resizes to (w, h), resizing to (h, w)."""
    size = step.args.get("target_size")
    return step if size is None else Step.of(step.type, **{**step.args, "target_size": size[::-1]})


if __name__ == "__main__":
    sys.exit(main())
