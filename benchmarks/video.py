"""How fast clips and calls are: ours beside the usual ways, in one interleaved run.

    python benchmarks/video.py CLIPS... --peers FOLDER_OF_FILES
    python benchmarks/video.py CLIPS... --camera
    python benchmarks/video.py CLIPS... --memory 10000

Clips are scaled to 1280x720 first. Without a switch each is read, given a new background and written (x264 veryfast) by

- nothing at all: read and written as it is, the limit;
- `convert_video` with a blurred background;
- PaddleSeg's way, by its documented behaviour: V1 Lite, DIS optical flow, the mask enlarged, all mixed in floats;
- MediaPipe landscape with the plainest compositing: a threshold, `np.where`, and a Gaussian blur of the whole frame.

The last two need the files of benchmarks/peers.py. Ways take turns on each clip, so that whatever else the machine does
meets all of them: ratios hold where seconds do not. `--camera` shows what a frame costs in a call, without reading and
writing, a stage at a time on one core; `--memory` how much memory so many frames take.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np
from peers import Peer, find_peers

from paddleseg.device import device_name
from paddleseg.images.backgrounds import cover
from paddleseg.inference.predictor import Predictor
from paddleseg.video import Compositor, Session, convert_video
from paddleseg.video.source import open_source
from paddleseg.video.target import open_target

SIZE = (720, 1280)
Change = Callable[[np.ndarray], np.ndarray]
"""A frame to what is shown, both RGB uint8 (H, W, 3)."""


class PaddleSegWay:
    """Net, flow, full-size mixing, one after the other."""

    def __init__(self, peer: Peer):
        self.peer, self.behind = peer, np.full((*SIZE, 3), (0, 177, 64), np.uint8)
        self.flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
        self.grey: np.ndarray | None = None
        self.prob: np.ndarray | None = None

    def __call__(self, image: np.ndarray) -> np.ndarray:
        small = cv2.resize(image, self.peer.size[::-1])
        prob = self.peer.finish(self.peer.infer(self.peer.prepare(small)))
        grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
        if self.grey is not None and self.prob is not None:
            h, w = grey.shape
            moved = self.flow.calc(grey, self.grey, np.zeros((h, w, 2), np.float32))
            moved += np.dstack(np.meshgrid(np.arange(w, dtype=np.float32), np.arange(h, dtype=np.float32)))
            prob = (prob + cv2.remap(self.prob, moved, np.empty(0, np.float32), cv2.INTER_LINEAR)) / 2
        self.grey, self.prob = grey, prob.astype(np.float32)
        alpha = cv2.resize(cv2.GaussianBlur(self.prob, (3, 3), 0), image.shape[1::-1])[..., None]
        return (alpha * image + (1 - alpha) * self.behind).astype(np.uint8)


def mediapipe_way(peer: Peer, image: np.ndarray) -> np.ndarray:
    """As MediaPipe's own samples do it."""
    return np.where(peer(image)[..., None] > 0.1, image, cv2.GaussianBlur(image, (55, 55), 0))


def ways(folder: Path | None) -> Iterator[tuple[str, Callable[[Path, Path], None]]]:
    """Names, and what makes a clip of a clip."""
    yield "decode + encode alone", lambda source, output: plain(source, output, lambda image: image)
    predictor = Predictor.from_zoo("portrait", threads=1)
    yield "ours, blur", lambda source, output: _ours(predictor, source, output)
    for peer in find_peers(folder, threads=2) if folder else []:
        if peer.name == "PP-HumanSeg V1 Lite":
            yield (
                "PaddleSeg's way (V1 Lite, flow)",
                lambda source, output, peer=peer: plain(source, output, PaddleSegWay(peer)),
            )
        if peer.name == "MediaPipe landscape":
            yield (
                "MediaPipe landscape, plain",
                lambda source, output, peer=peer: plain(source, output, lambda image: mediapipe_way(peer, image)),
            )


def plain(source: Path, output: Path, change: Change) -> None:
    """A clip frame by frame in one thread."""
    with closing(open_source(source)) as opened, open_target(output, opened) as target:
        for moment in opened:
            target.write(change(moment.image), moment.time, moment.duration)


def _ours(predictor: Predictor, source: Path, output: Path) -> None:
    convert_video(source, output, background="blur", predictor=predictor)


def scaled(clip: str, folder: Path, most: int) -> Path:
    """The clip at 1280x720, its frames and times kept."""
    path = folder / f"{Path(clip).stem}.mp4"
    with closing(open_source(clip)) as opened:
        frames = [cover(moment.image, SIZE) for moment, _ in zip(opened, range(most), strict=False)]
        rate = opened.info.rate
    with closing(open_source(frames, rate=rate)) as source, open_target(path, source, crf=18) as target:
        for moment in source:
            target.write(moment.image, moment.time, moment.duration)
    return path


def end_to_end(clips: list[Path], peers: Path | None, rounds: int) -> None:
    seconds: dict[str, list[tuple[float, float, int]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        made = list(ways(peers))
        for number in range(rounds + 1):
            for clip in clips:
                with closing(open_source(clip)) as opened:
                    frames = sum(1 for _ in opened)
                for name, convert in made:
                    wall, cpu = time.monotonic(), time.process_time()
                    convert(clip, Path(folder) / "out.mp4")
                    took = time.monotonic() - wall, time.process_time() - cpu, frames
                    if number:  # the first round warms up
                        seconds.setdefault(name, []).append(took)
    limit = np.array(seconds["decode + encode alone"])
    print("| way | ms a frame | CPU ms a frame | by the limit, time | by the limit, CPU |")
    print("|---|---:|---:|---:|---:|")
    for name, rows in seconds.items():
        table = np.array(rows)
        wall, cpu = 1000 * table[:, :2].sum(axis=0) / table[:, 2].sum()
        ratios = np.median(table[:, :2] / limit[:, :2], axis=0)
        print(f"| {name} | {wall:.1f} | {cpu:.1f} | {ratios[0]:.2f} | {ratios[1]:.2f} |")


def camera(clips: list[Path]) -> None:
    """What a frame costs, a stage at a time, on one core."""
    cv2.setNumThreads(1)
    predictor = Predictor.from_zoo("portrait", threads=1)
    stages: dict[str, list[float]] = {}
    whole: dict[str, list[tuple[float, float]]] = {}
    behinds = {
        "blur": "blur",
        "colour": "#00b140",
        "picture": np.random.default_rng(0).integers(0, 255, (*SIZE, 3), np.uint8),
    }
    sessions = {name: Session(predictor, compositor=Compositor(behind)) for name, behind in behinds.items()}
    for clip in clips:
        for session in sessions.values():
            session.reset()
        with closing(open_source(clip)) as opened:
            for moment in opened:
                for name, session in sessions.items():
                    wall, cpu = time.monotonic(), time.thread_time()
                    frame = session(moment.image)
                    masked = time.thread_time()
                    _ = frame.opacity
                    matte = time.thread_time()
                    _ = frame.composite
                    done = time.thread_time()
                    whole.setdefault(name, []).append((1000 * (time.monotonic() - wall), 1000 * (done - cpu)))
                    stages.setdefault("network, mask, edges", []).append(1000 * (masked - cpu))
                    stages.setdefault("matte", []).append(1000 * (matte - masked))
                    stages.setdefault(f"{name} behind", []).append(1000 * (done - matte))
    print("| stage | CPU ms, median |\n|---|---:|")
    for name, values in stages.items():
        print(f"| {name} | {np.median(values):.1f} |")
    print("\n| frame in, composite out | CPU ms, median | p50 ms | p95 ms |\n|---|---:|---:|---:|")
    for name, rows in whole.items():
        wall, cpu = np.array(rows).T
        print(f"| {name} | {np.median(cpu):.1f} | {np.median(wall):.1f} | {np.percentile(wall, 95):.1f} |")


def memory(clips: list[Path], frames: int) -> None:
    """Resident memory while one conversion goes on and on."""
    with closing(open_source(clips[0])) as opened:
        images = [moment.image for moment in opened][:30]
    noted: list[tuple[int, float]] = []

    def watch(progress: object) -> None:
        count = progress.frames  # type: ignore[attr-defined]
        if count % (frames // 10) == 0:
            noted.append(
                (count, int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20)
            )

    with tempfile.TemporaryDirectory() as folder:
        endless = (images[number % len(images)] for number in range(frames))
        convert_video(endless, Path(folder) / "long.mp4", background="blur", preset="ultrafast", watch=watch)
    print("| frames | MiB |\n|---:|---:|")
    for count, size in noted:
        print(f"| {count} | {size:.0f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", nargs="+", help="of people")
    parser.add_argument("--peers", type=Path, help="a folder with the files of other networks")
    parser.add_argument("--frames", type=int, default=120, help="of each clip (default: 120)")
    parser.add_argument("--rounds", type=int, default=3, help="that count (default: 3)")
    parser.add_argument("--camera", action="store_true", help="what a frame costs in a call")
    parser.add_argument("--memory", type=int, metavar="FRAMES", help="memory over so many frames")
    options = parser.parse_args()
    print(f"{device_name()}, {os.cpu_count()} cores, 1280x720\n")
    with tempfile.TemporaryDirectory() as folder:
        clips = [scaled(clip, Path(folder), options.frames) for clip in options.clips]
        if options.camera:
            camera(clips)
        elif options.memory:
            memory(clips, options.memory)
        else:
            end_to_end(clips, options.peers, options.rounds)


if __name__ == "__main__":
    main()
