"""`paddleseg video`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paddleseg.cli import flags
from paddleseg.errors import ConfigError
from paddleseg.progress import Frames

if TYPE_CHECKING:
    from paddleseg.video.convert import Conversion, Progress
    from paddleseg.video.preview import Preview

HELP = "people of clips and cameras before another background, or cut out"
EXAMPLE = """
paddleseg video talk.mp4 out.mp4 --background blur
paddleseg video talk.mp4 cutout.webm --alpha matte.mp4 --start 2 --end 5
paddleseg video clips/ blurred/ --background office.jpg
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "source", help="a clip, a folder of clips or of pictures, a camera (0), or an address (rtsp://)"
    )
    parser.add_argument("output", help=".mp4, .m4v, .mov, .mkv, .webm, .webp, or a folder of PNGs or of clips")
    parser.add_argument(
        "--background",
        metavar="WHAT",
        help='blur, blur:STRENGTH, a colour ("#00ff00"), a picture or a clip; without it the output is transparent',
    )
    parser.add_argument("--alpha", metavar="FILE", help="write the matte too, in grey; of a folder of clips, a folder")
    parser.add_argument("--suffix", metavar=".EXT", help="of a folder of clips: how the new ones end")
    flags.add_video_model(parser)
    flags.add_light(parser)
    parser.add_argument("--start", type=float, metavar="SECONDS", help="leave out what is before")
    parser.add_argument("--end", type=float, metavar="SECONDS", help="leave out what is after")
    parser.add_argument("--rate", metavar="FPS", help="frames a second of pictures, such as 30000/1001 (default: 25)")
    parser.add_argument("--no_audio", action="store_true", help="leave out sound and subtitles")
    parser.add_argument(
        "--encoder", default="auto", metavar="NAME", help="FFmpeg's name, such as libx264, libx265 or h264_nvenc"
    )
    parser.add_argument("--crf", type=int, metavar="N", help="the encoder's quality; lower is better and larger")
    parser.add_argument("--preset", metavar="NAME", help="the encoder's preset, such as medium")
    parser.add_argument("--preview", action="store_true", help="show frames in a window; q closes it")


def run(args: argparse.Namespace) -> int:
    from paddleseg.video.convert import convert_video, load_predictor
    from paddleseg.video.folder import convert_folder, holds_clips

    options: dict[str, Any] = {
        "background": args.background,
        **flags.video_options(args),
        "light_wrap": args.light_wrap,
        "colour_match": args.colour_match,
        "keep_audio": not args.no_audio,
        "start": args.start,
        "end": args.end,
        "rate": args.rate,
        "encoder": args.encoder,
        "crf": args.crf,
        "preset": args.preset,
    }
    of_clips = holds_clips(args.source)
    if args.suffix and not of_clips:
        raise ConfigError("--suffix", "is for folders of clips", "give the output its suffix")
    predictor = load_predictor(args.model_path, args.runtime)
    with Watch(args.preview) as watch:
        options |= {"predictor": predictor, "alpha": args.alpha, "watch": watch}
        if not of_clips:
            _tell(convert_video(args.source, args.output, **options))
            return 0
        report = convert_folder(args.source, args.output, args.suffix, **options)
    for remark in report.remarks:
        print(f"{args.source}: {remark}", file=sys.stderr)
    for done in report.done:
        _tell(done)
    if report.passed_over:
        print(f"{len(report.passed_over)} clips were done before")
    report.raise_if_any_failed()
    return 0


class Watch:
    """The bar of frames on the terminal, and the window."""

    def __init__(self, preview: bool):
        self._wanted = preview
        self._window: Preview | None = None
        self._bar = Frames()

    def __enter__(self) -> Watch:
        self._bar.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.__exit__()
        if self._window is not None:
            self._window.close()

    def __call__(self, progress: Progress) -> None:
        self._bar.show(Path(progress.clip).name, progress.frames, progress.total)
        if not self._wanted:
            return
        if self._window is None:
            from paddleseg.video.preview import Preview

            self._window = Preview(progress.picture.shape[:2], "paddleseg video")
        if self._window.show(progress.picture, f"{progress.frames}") == "q":
            self._window.close()
            self._window, self._wanted = None, False
            if progress.live:
                raise KeyboardInterrupt


def _tell(done: Conversion) -> None:
    for remark in done.remarks:
        print(f"{done.clip}: {remark}", file=sys.stderr)
    print(f"{done.frames} frames in {done.seconds:.1f} s ({done.fps:.1f} fps): {done.output}")
