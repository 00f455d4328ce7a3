"""A clip of people into the same clip before another background, or without one; sound and times as they were."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from paddleseg import zoo
from paddleseg.errors import DataError, OutputError, Problem, WeightsError
from paddleseg.images import compositing
from paddleseg.inference.predictor import Predictor
from paddleseg.targets import refuse_overwriting
from paddleseg.video.compositor import Compositor, What
from paddleseg.video.moments import Moment, Source
from paddleseg.video.people import People
from paddleseg.video.pipeline import opencv_alone, threaded
from paddleseg.video.session import Frame, Session
from paddleseg.video.source import is_address, open_source
from paddleseg.video.target import Target, check_output, open_target

MODEL = "zoo://portrait"


@dataclass(frozen=True)
class Progress:
    """How far a conversion is.

    Args:
        clip: The source's name.
        frames: Written so far.
        total: That will be, nearly; None where nobody knows.
        picture: The frame written last, RGB or RGBA uint8 (H, W, C).
        live: Whether it goes on until it is told to stop.
    """

    clip: str
    frames: int
    total: int | None
    picture: np.ndarray
    live: bool


@dataclass
class Conversion:
    """What was done.

    Args:
        clip: The source's name.
        output: The file or folder.
        frames: How many were written; one for each that was read.
        seconds: That it took.
        remarks: What is not as it was in the source, a sentence each.
    """

    clip: str
    output: Path
    frames: int = 0
    seconds: float = 0.0
    remarks: list[str] = field(default_factory=list)

    @property
    def fps(self) -> float:
        """Frames a second."""
        return self.frames / self.seconds if self.seconds else 0.0


def convert_video(
    source: str | Path | Iterable[np.ndarray],
    output: str | Path,
    background: What | None = None,
    alpha: str | Path | None = None,
    temporal: str | None = "adaptive",
    keep_audio: bool = True,
    start: float | None = None,
    end: float | None = None,
    *,
    predictor: Predictor | str = MODEL,
    light_wrap: float = 0.0,
    colour_match: float = 0.0,
    people: People = "all",
    every: int = 1,
    cpu: float | None = None,
    skip_still: bool = False,
    rate: float | str | Fraction | None = None,
    encoder: str = "auto",
    crf: int | None = None,
    preset: str | None = None,
    watch: Callable[[Progress], None] | None = None,
) -> Conversion:
    """Put the people of a clip before another background, or write them with transparency.

    Each frame that is read gives one that is written, at its own time. Files appear under their names once they are
    whole; after an error or Ctrl-C there is nothing. Of a camera or a live address, Ctrl-C is the end; when it breaks
    off by itself, what had come is left under the name with `.part` in it.

    Args:
        source: A clip, a folder of pictures, a camera ("0"), an address such as rtsp://, or RGB arrays (H, W, 3) uint8.
        output: .mp4, .m4v, .mov, .mkv or .webm; an animated .webp; without a suffix a folder of PNGs.
        background: As for `Compositor`: "blur", "blur:0.5", a colour such as "#00ff00", the file of a picture or clip.
            Without one the output is transparent, for which it has to be .webm, .mov, .webp or a folder.
        alpha: Another clip or folder for the matte, in grey.
        temporal: How masks are made steady, as for `Session`; None leaves each frame for itself.
        keep_audio: Whether sound and subtitles go along, as they are where the file takes their codec.
        start: Seconds; what is before is left out.
        end: Seconds; what is after is left out.
        predictor: A model, or where to find one: zoo://NAME, or the folder that export wrote.
        light_wrap: How much of the background's light spills over the edges, 0 to 1.
        colour_match: How far people's colours are moved towards the background's, 0 to 1.
        people: Who is kept, as for `Session`: "all", "main" or how many.
        every: The network runs for one frame in so many.
        cpu: Share of one core that finding people may take, such as 0.5.
        skip_still: No new mask where nothing has moved.
        rate: Frames a second of a source without times; 25 by default.
        encoder: FFmpeg's name of one, such as "libx264" or "h264_nvenc".
        crf: The encoder's number for quality; lower is better and larger.
        preset: The encoder's name for how long it may take, such as "medium".
        watch: Is called after each frame. A KeyboardInterrupt that it raises is taken for Ctrl-C.

    Raises:
        DataError: The source cannot be read, or not to its end; its message says how much is good.
        OutputError: The output cannot be written so.

    Example:
        >>> convert_video("talk.mp4", "out.mp4", background="blur")
        >>> convert_video("talk.mp4", "cutout.webm", alpha="matte.mp4", start=2, end=5)
    """
    began = time.monotonic()
    outputs = [Path(output)] if alpha is None else [Path(output), Path(alpha)]
    _check(source, outputs, background)
    compositor = None
    if background is not None:
        compositor = Compositor(background, light_wrap=light_wrap, colour_match=colour_match)
    model = predictor if isinstance(predictor, Predictor) else load_predictor(predictor)
    session = Session(model, temporal, compositor, people=people, every=every, cpu=cpu, skip_still=skip_still)
    settings: dict[str, Any] = {"encoder": encoder, "crf": crf, "preset": preset}
    with contextlib.closing(open_source(source, start, end, rate)) as opened:
        done = Conversion(opened.info.name, Path(output))
        fault = None
        names = [_part(path) for path in outputs] if opened.info.live else outputs
        with ExitStack() as stack:
            first = open_target(names[0], opened, transparent=compositor is None, keep_audio=keep_audio, **settings)
            targets = [stack.enter_context(first)]
            targets += [
                stack.enter_context(open_target(name, opened, keep_audio=False, **settings)) for name in names[1:]
            ]
            try:
                _write_all(opened, session, targets, done, watch)
            except (KeyboardInterrupt, DataError) as error:
                if not opened.info.live or not done.frames:
                    raise
                fault = error if isinstance(error, DataError) else None
        if fault is not None:
            kept = f"{done.frames} frames that came before are in {', '.join(map(str, names))}"
            raise DataError([*fault.problems, Problem("", kept)]) from fault
        if opened.info.live:
            for name, path in zip(names, outputs, strict=True):
                name.replace(path)
        done.remarks = list(dict.fromkeys(opened.info.remarks))
    done.seconds = time.monotonic() - began
    return done


def load_predictor(name: str, runtime: str | None = None, device: str = "cpu", threads: int = 0) -> Predictor:
    """The model of zoo://NAME, or of a folder that export wrote.

    Args:
        threads: Of the network. 0 is a quarter of the cores, since reading and writing frames need the others, or what
            OMP_NUM_THREADS says.

    Raises:
        WeightsError: There is none of that name.
    """
    if not threads and "OMP_NUM_THREADS" not in os.environ:
        threads = max((os.cpu_count() or 1) // 4, 1)
    if name.startswith(zoo.PREFIX):
        return Predictor.from_zoo(name, runtime, device, threads)
    if not Path(name).exists():
        raise WeightsError(name, "does not exist", "give zoo:// weights, or the folder that export wrote")
    return Predictor.from_export(name, runtime, device, threads)


def _check(source: object, outputs: list[Path], background: object) -> None:
    """All that can be wrong with the names, before anything is opened."""
    problems = []
    for number, output in enumerate(outputs):
        try:
            check_output(output, transparent=number == 0 and background is None)
        except OutputError as error:
            problems += error.problems
    if len({path.absolute() for path in outputs}) < len(outputs):
        problems.append(Problem(str(outputs[0]), "would be both the clip and its matte", "give alpha another name"))
    if problems:
        raise OutputError(problems)
    inputs = [Path(each) for each in (source, background) if isinstance(each, (str, Path)) and not is_address(each)]
    refuse_overwriting(inputs, outputs)


def _part(path: Path) -> Path:
    return path.with_name(f"{path.stem}.part{path.suffix}")


def _write_all(
    source: Source,
    session: Session,
    targets: list[Target],
    done: Conversion,
    watch: Callable[[Progress], None] | None,
) -> None:
    def masked(moments: Iterable[Moment]) -> Iterator[tuple[Moment, Frame]]:
        for moment in moments:
            yield moment, session(moment.image, moment.time)

    h, w = source.info.size
    with opencv_alone(), threaded(source, masked, 3 * h * w) as frames:
        for moment, frame in frames:
            picture = frame.composite if frame.compositor else compositing.cutout(frame.image, frame.opacity)
            for target, shown in zip(targets, (picture, frame.opacity), strict=False):
                target.write(shown, moment.time, moment.duration)
            done.frames += 1
            if watch is not None:
                watch(Progress(source.info.name, done.frames, source.info.frames, picture, source.info.live))
