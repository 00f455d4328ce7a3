"""`paddleseg camera`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING

from paddleseg.cli import flags
from paddleseg.errors import ConfigError, Problem

if TYPE_CHECKING:
    from paddleseg.video.moments import Source

HELP = "people before another background while they are filmed, in a window and as a virtual camera"
EXAMPLE = """
paddleseg camera --background blur --background office.jpg --mirror
paddleseg camera 0 --size 1280 720 --fps 30 --virtual /dev/video10
paddleseg camera talk.mp4 --loop
paddleseg camera --list
"""
KEYS = """\
q, Esc  end
b       next background: those given, then blur and green
1-9     blur, from weak to strong
m       mirror left and right
space   hide: a grey picture, until it is pressed again
r       forget what was seen, where a mask has gone wrong
h       figures, keys too, nothing"""
_MOST_PIXELS, _MOST_FPS, _DAY = 16384, 1000, 86400


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "source",
        nargs="?",
        default="0",
        help="a camera (0, /dev/video0), an address (rtsp://) or a clip, played at its own pace (default: %(default)s)",
    )
    parser.add_argument("--list", action="store_true", help="show the cameras that there are, and end")
    parser.add_argument(
        "--background",
        action="append",
        metavar="WHAT",
        help='blur, blur:STRENGTH, a colour ("#00ff00"), a picture or a clip (default: blur); '
        "given again, the key b goes on to the next",
    )
    flags.add_light(parser)
    flags.add_video_model(parser)
    parser.add_argument("--size", nargs=2, type=int, metavar=("W", "H"), help="asked of the camera, such as 1280 720")
    parser.add_argument("--fps", type=float, help="frames a second asked of the camera")
    parser.add_argument("--mirror", action="store_true", help="change left and right, as in a mirror")
    parser.add_argument(
        "--virtual",
        nargs="?",
        const="",
        metavar="DEVICE",
        help="feed a virtual camera that other programs can choose: the first one, or one such as /dev/video10",
    )
    parser.add_argument("--no_window", action="store_true", help="show nothing; with --virtual or --seconds")
    parser.add_argument("--no_reconnect", action="store_true", help="end when the camera is gone (exit code 2)")
    parser.add_argument("--loop", action="store_true", help="play a clip again and again")
    parser.add_argument("--seconds", type=float, metavar="N", help="end after so long")
    parser.add_argument_group("hot keys", KEYS)


def run(args: argparse.Namespace) -> int:
    if args.list:
        _list_devices()
        return 0
    open_it = _opener(args)
    from paddleseg.video.camera import Camera
    from paddleseg.video.convert import load_predictor
    from paddleseg.video.feed import Feed
    from paddleseg.video.looks import Looks
    from paddleseg.video.session import Session

    looks = Looks(args.background or ["blur"], light_wrap=args.light_wrap, colour_match=args.colour_match)
    predictor = load_predictor(args.model_path, args.runtime, threads=1)
    session = Session(predictor, **flags.video_options(args))
    with ExitStack() as stack:
        feed = stack.enter_context(Feed(open_it, reconnect=not args.no_reconnect, loop=args.loop, tell=_tell))
        virtual = window = None
        if args.virtual is not None:
            from paddleseg.video.virtual import VirtualCamera

            virtual = stack.enter_context(VirtualCamera(feed.info.size, float(feed.info.rate), args.virtual or None))
            _tell(f"virtual camera: {virtual.device}")
        if not args.no_window:
            from paddleseg.video.preview import Preview

            window = Preview(feed.info.size, "paddleseg camera")
            stack.callback(window.close)
        camera = Camera(feed, session, looks, window, virtual, mirror=args.mirror, keys=KEYS)
        h, w = feed.info.size
        _tell(
            f"{feed.info.name}: {w} x {h}, {float(feed.info.rate):g} fps; {'Ctrl-C' if window is None else 'q'} ends it"
        )
        try:
            camera.run(args.seconds)
        finally:
            for line in camera.figures.summary(feed.dropped):
                print(line)
    return 0


def _opener(args: argparse.Namespace) -> Callable[[], Source]:
    """What opens the source, after a look at the flags that do not fit together."""
    from paddleseg.video.source import is_camera, open_source

    flags.require_ranges(
        ("--size", args.size, 16, _MOST_PIXELS), ("--fps", args.fps, 1, _MOST_FPS), ("--seconds", args.seconds, 0, _DAY)
    )
    problems = []
    if is_camera(args.source):
        if args.loop:
            problems.append(Problem("--loop", "is for clips", "leave it out"))
    else:
        asked = [(name, getattr(args, name[2:])) for name in ("--size", "--fps")]
        problems += [Problem(name, "is for cameras", "leave it out") for name, value in asked if value is not None]
    if args.no_window and args.virtual is None and args.seconds is None:
        problems.append(Problem("--no_window", "leaves nothing that shows", "add --virtual, or --seconds to measure"))
    if problems:
        raise ConfigError(problems)
    if not is_camera(args.source):
        return lambda: open_source(args.source)
    from paddleseg.video.webcam import Webcam

    size = None if args.size is None else (args.size[1], args.size[0])
    return lambda: Webcam(args.source, size=size, rate=args.fps)


def _list_devices() -> None:
    from paddleseg.video.devices import MAKE_VIRTUAL, list_devices

    if sys.platform != "linux":
        print("Only Linux tells the names of its cameras; try 0, 1 and so on.")
        return
    devices = list_devices()
    for title, virtual, none in (
        ("cameras", False, "plug one in, or give a clip or rtsp:// address in its place"),
        ("virtual cameras", True, f"`{MAKE_VIRTUAL}` makes one"),
    ):
        chosen = [device for device in devices if device.is_virtual == virtual]
        print(f"{title}:" if chosen else f"{title}: none; {none}")
        for device in chosen:
            lines = (*device.formats, device.trouble) if device.trouble else device.formats
            print("\n    ".join([f"  {device}", *lines]))


def _tell(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)
