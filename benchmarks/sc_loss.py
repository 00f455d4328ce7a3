"""What the semantic connectivity loss costs: beside cross entropy, a training step, and PaddleSeg's own.

    python benchmarks/sc_loss.py --peer-python /path/to/venv/with/paddleseg-2.8.0/bin/python

Times are the least of several runs, forward and backward, in milliseconds an image. Maps are those of real portraits
(two classes) or smooth synthetic regions (19 classes); "random start" are the logits of an untrained ConnectNet,
"good masks" those of the official weights (two classes) or of slightly wrong regions (19), "noise" has no two equal
neighbours. PaddleSeg runs in its own interpreter, from another folder, on a few images of the same batch.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np

SIZES = {"192x192": (192, 192), "398x224": (224, 398)}
ROOT = Path(__file__).resolve().parent.parent


CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}
clock = CLOCKS["wall"]


def least_ms(run: Callable[[], object], images: int, repeats: int = 5, budget: float = 20.0) -> float:
    """The shortest of some runs, after one to warm up unless that took the whole budget (seconds)."""
    times: list[float] = []
    started = clock()
    while len(times) <= repeats and not (times and clock() - started > budget):
        before = clock()
        run()
        times.append(clock() - before)
    return min(times[1:] or times) * 1000 / images


def backward_of(loss: Callable, logits: np.ndarray, labels: np.ndarray) -> Callable[[], None]:
    """A run of loss and gradient on one batch."""
    import paddle

    tensor, label = paddle.to_tensor(logits), paddle.to_tensor(labels.astype("int64"))
    tensor.stop_gradient = False

    def run() -> None:
        value = loss(tensor, label)
        if not value.stop_gradient:
            value.backward()
        tensor.clear_grad()

    return run


def photos_and_labels(size: tuple[int, int], count: int) -> tuple[np.ndarray, np.ndarray]:
    """Bundled portraits and their masks at one size."""
    from paddleseg.images.io import read_image, read_label

    folder = ROOT / "data" / "portrait_mini"
    pairs = [line.split() for line in (folder / "train.txt").read_text(encoding="utf-8").splitlines()][:count]
    images = [cv2.resize(read_image(folder / image), size[::-1], interpolation=cv2.INTER_AREA) for image, _ in pairs]
    labels = [cv2.resize(read_label(folder / label), size[::-1], interpolation=cv2.INTER_NEAREST) for _, label in pairs]
    return ((np.stack(images) / 127.5 - 1).transpose(0, 3, 1, 2)).astype("float32"), np.stack(labels)


def regions(classes: int, size: tuple[int, int], count: int) -> np.ndarray:
    """Smooth random scores (N, C, H, W), whose arg-max are large regions."""
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(count, classes, *size)).astype("float32")
    for plane in noise.reshape(-1, *size):
        plane[:] = cv2.GaussianBlur(plane, (0, 0), size[0] / 12)
    return noise / noise.std()


def cases(classes: int, size: tuple[int, int], batch: int) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """(name, logits, labels) of the kinds of masks that training meets."""
    import paddle

    from paddleseg.models.humanseg.lite import PPHumanSegLite

    images, labels = photos_and_labels(size, batch)
    paddle.seed(0)
    with paddle.no_grad():
        start = PPHumanSegLite(num_classes=classes)(paddle.to_tensor(images))[0].numpy()
        if classes == 2:
            trained = PPHumanSegLite(pretrained="zoo://pp_humanseg_v1_lite")
            trained.eval()
            good = trained(paddle.to_tensor(images))[0].numpy()
        else:
            scores = regions(classes, size, batch)
            labels = scores.argmax(axis=1)
            good = 6 * (scores + 0.15 * np.roll(scores, 1, axis=0))
    yield "random start", start, labels
    yield "good masks", good, labels
    yield "noise", np.random.default_rng(1).normal(size=good.shape).astype("float32"), labels


def step_ms(classes: int, images: np.ndarray, labels: np.ndarray) -> float:
    """One training step of ConnectNet with cross entropy, in milliseconds an image."""
    import paddle

    from paddleseg.losses.cross_entropy import CrossEntropyLoss
    from paddleseg.models.humanseg.lite import PPHumanSegLite

    model = PPHumanSegLite(num_classes=classes)
    optimizer = paddle.optimizer.SGD(0.01, parameters=model.parameters())
    loss, batch, label = CrossEntropyLoss(), paddle.to_tensor(images), paddle.to_tensor(labels.astype("int64"))

    def step() -> None:
        loss(model(batch)[0], label).backward()
        optimizer.step()
        optimizer.clear_grad()

    return least_ms(step, len(images), repeats=3)


def clock_name() -> str:
    return next(name for name, each in CLOCKS.items() if each is clock)


def peer_ms(python: str, logits: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Cross entropy, and with PaddleSeg's connectivity loss added, measured by its own interpreter."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data.npz"
        np.savez(data, logits=logits, labels=labels)
        command = [python, str(Path(__file__).resolve()), "--as-peer", str(data), "--clock", clock_name()]
        output = subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(output.strip().splitlines()[-1])


def run_as_peer(data: str) -> None:
    """In PaddleSeg's interpreter: time cross entropy without and with its loss, and print both as JSON."""
    import paddle.nn.functional as F

    from paddleseg.models import losses  # the other package of this name

    arrays, connectivity = np.load(data), losses.SemanticConnectivityLoss()

    def entropy(logits, label):  # Paddle's own: the one of PaddleSeg 2.8.0 fails on int64 labels under Paddle 3
        return F.cross_entropy(logits, label.unsqueeze(1), axis=1, ignore_index=255)

    def both(logits, label):
        return entropy(logits, label) + connectivity(logits, label)

    found = {
        name: least_ms(backward_of(loss, arrays["logits"], arrays["labels"]), len(arrays["labels"]))
        for name, loss in (("ce", entropy), ("both", both))
    }
    print(json.dumps(found))


def measure(options: argparse.Namespace) -> list[dict]:
    from paddleseg.losses.connectivity import SemanticConnectivityLoss
    from paddleseg.losses.cross_entropy import CrossEntropyLoss

    rows = []
    for shown in options.sizes:
        size = SIZES[shown]
        images, _ = photos_and_labels(size, options.batch)
        for classes in options.classes:
            entropy, connectivity = CrossEntropyLoss(), SemanticConnectivityLoss(classes)

            def both(logits, label, entropy=entropy, connectivity=connectivity):
                return entropy(logits, label) + connectivity(logits, label)

            step = 0.0
            for kind, logits, labels in cases(classes, size, options.batch):
                step = step or step_ms(classes, images, labels)
                ce, ours = (least_ms(backward_of(loss, logits, labels), len(labels)) for loss in (entropy, both))
                row = {"size": shown, "classes": classes, "masks": kind, "step": step, "ce": ce, "ours": ours - ce}
                row["share"] = row["ours"] / step
                if options.peer_python:
                    few = slice(0, options.peer_images)
                    peer = peer_ms(options.peer_python, logits[few], labels[few])
                    row["peer"] = peer["both"] - peer["ce"]
                    row["times"] = row["peer"] / row["ours"]
                rows.append(row)
                print(line(row), flush=True)
    return rows


def line(row: dict) -> str:
    text = "| {size} | {classes} | {masks} | {step:.1f} | {ce:.2f} | {ours:.2f} | {share:.1%} |".format(**row)
    return text + (" {peer:.1f} | {times:.0f}x |".format(**row) if "peer" in row else "")


def curves() -> Iterator[str]:
    """The loss alone against the area of the image, and against the number of components."""
    from paddleseg.losses.connectivity import SemanticConnectivityLoss

    loss = SemanticConnectivityLoss(2)
    yield "\n| image | pixels | ms | ns a pixel |\n|---|---|---|---|"
    for side in (96, 136, 192, 272, 384, 543, 768):
        scores = regions(2, (side, side), 4)
        ms = least_ms(backward_of(loss, 6 * scores, scores.argmax(axis=1)), 4, repeats=9)
        yield f"| {side} x {side} | {side * side} | {ms:.2f} | {ms * 1e6 / side**2:.0f} |"
    yield "\n| specks in a 398x224 mask | components | ms |\n|---|---|---|"
    scores = regions(2, (224, 398), 4)
    for specks in (0, 10, 100, 300, 1000, 3000, 10000):
        logits = 6 * scores
        places = np.random.default_rng(0).permutation(112 * 199)[:specks]
        logits[:, :, places // 199 * 2, places % 199 * 2] *= -1  # flips single pixels, none touching another
        components = sum(
            cv2.connectedComponents((logits[0].argmax(axis=0) == c).astype("uint8"))[0] - 1 for c in (0, 1)
        )
        ms = least_ms(backward_of(loss, logits, scores.argmax(axis=1)), 4, repeats=9)
        yield f"| {specks} | {components} | {ms:.2f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer-python", help="interpreter of a venv with PaddleSeg 2.8.0")
    parser.add_argument("--peer-images", type=int, default=4, help="images that PaddleSeg is timed on (default: 4)")
    parser.add_argument("--batch", type=int, default=32, help="images in a batch (default: 32)")
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=list(SIZES))
    parser.add_argument("--classes", nargs="+", type=int, default=[2, 19])
    parser.add_argument("--no-curves", action="store_true")
    parser.add_argument("--clock", choices=CLOCKS, default="wall", help="cpu: for a machine with other work to do")
    parser.add_argument("--as-peer", metavar="DATA", help=argparse.SUPPRESS)
    options = parser.parse_args()
    global clock  # noqa: PLW0603 - the one setting that everything measured shares
    clock = CLOCKS[options.clock]
    if options.as_peer:
        run_as_peer(options.as_peer)
        return
    from paddleseg.memory import keep_freed_memory

    keep_freed_memory()  # as the trainer does
    peer = " PaddleSeg's SC | ours is cheaper |" if options.peer_python else ""
    print(f"| size | classes | masks | step | CE | SC | SC / step |{peer}\n{'|---' * (9 if peer else 7)}|", flush=True)
    measure(options)
    if not options.no_curves:
        for text in curves():
            print(text, flush=True)


if __name__ == "__main__":
    main()
