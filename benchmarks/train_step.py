"""Training throughput of PP-HumanSeg Lite on this CPU, beside PaddleSeg 2.8.0.

    python benchmarks/train_step.py --peer-python /path/to/venv/with/paddleseg-2.8.0/bin/python

A step is forward, cross entropy, backward and a momentum update on one batch of bundled portraits (32 images at
192x192). Each toolkit runs as one process that may use every core and as two data-parallel processes over gloo with
half of the batch each. All processes stay alive and take turns, some steps at a time, so that whatever else the machine
does meets all of them; a figure is the median over all steps. "CPU s" adds up the processor time of all threads and
processes, which says more than the clock where other programs run too. Before that, both networks get equal weights and
the largest difference of their logits and losses on the batch is printed; one above 1e-4 of the largest logit is an
error.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

SIZE = (192, 192)


class Contender:
    """The processes of one toolkit, waiting on their standard input for steps to take."""

    def __init__(self, toolkit: str, python: str, processes: int, folder: Path):
        self.name, self.times = f"{toolkit}, {processes} process" + "es" * (processes > 1), []
        ports = [_free_port() for _ in range(processes)]
        endpoints = [f"127.0.0.1:{port}" for port in ports]
        self.ranks = []
        for rank in range(processes):
            environment = {**os.environ, "OMP_NUM_THREADS": str(max(1, (os.cpu_count() or 1) // processes))}
            if processes > 1:
                environment |= {
                    "PADDLE_TRAINER_ID": str(rank),
                    "PADDLE_TRAINERS_NUM": str(processes),
                    "PADDLE_LOCAL_SIZE": str(processes),
                    "PADDLE_TRAINER_ENDPOINTS": ",".join(endpoints),
                    "PADDLE_CURRENT_ENDPOINT": endpoints[rank],
                    "PADDLE_MASTER": endpoints[0],
                    "PADDLE_DISTRI_BACKEND": "gloo",
                }
            # From another folder, or `import paddleseg` would find this repository in PaddleSeg's interpreter too.
            command = [python, str(Path(__file__).resolve()), "--worker", toolkit, "--folder", str(folder)]
            pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
            self.ranks.append(subprocess.Popen(command, cwd=folder, env=environment, text=True, **pipes))

    def ask(self, request: str) -> list[Any]:
        """Send every rank a request and return their answers."""
        for process in self.ranks:
            process.stdin.write(request + "\n")
            process.stdin.flush()
        return [_answer(process) for process in self.ranks]

    def take(self, steps: int) -> None:
        """Take steps, and keep the first rank's times with the processor time of all."""
        ranks = np.array(self.ask(str(steps)))
        self.times += [
            [*first, cpu] for first, cpu in zip(ranks[0, :, :3].tolist(), ranks[:, :, 3].sum(0), strict=True)
        ]

    def close(self) -> None:
        for process in self.ranks:
            process.stdin.close()
            process.wait()


def _answer(process: subprocess.Popen) -> Any:
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("ANSWER "):
            return json.loads(line.removeprefix("ANSWER "))
    raise SystemExit(f"a worker ended with code {process.wait()}: {' '.join(map(str, process.args))}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def work(toolkit: str, folder: Path) -> None:
    """Answer requests: "logits" writes them, "weights" writes or loads the network's, a number takes so many steps."""
    import paddle
    import paddle.nn.functional as F

    ranks = int(os.environ.get("PADDLE_TRAINERS_NUM", "1"))
    if toolkit == "ours":
        from paddleseg.memory import keep_freed_memory
        from paddleseg.models.humanseg.lite import PPHumanSegLite
        from paddleseg.models.weights import load_weights

        keep_freed_memory()  # as the trainer does
    else:
        from paddleseg.models import PPHumanSegLite
    if ranks > 1:
        paddle.distributed.init_parallel_env()
    paddle.seed(0)
    network = PPHumanSegLite(num_classes=2)
    model = paddle.DataParallel(network, find_unused_parameters=toolkit != "ours") if ranks > 1 else network
    optimizer = paddle.optimizer.Momentum(0.001, parameters=network.parameters(), weight_decay=5e-4)
    batch, rank = np.load(folder / "batch.npz"), int(os.environ.get("PADDLE_TRAINER_ID", "0"))
    images, labels = (paddle.to_tensor(np.array_split(batch[name], ranks)[rank]) for name in ("images", "labels"))

    def step() -> list[float]:
        marks, cpu = [time.perf_counter()], time.process_time()
        loss = F.cross_entropy(model(images)[0], labels, axis=1)
        marks.append(time.perf_counter())
        loss.backward()
        marks.append(time.perf_counter())
        optimizer.step()
        optimizer.clear_grad()
        return [*np.diff([*marks, time.perf_counter()]), time.process_time() - cpu]

    for request in map(str.strip, sys.stdin):
        answer: Any = None
        if request == "logits":
            with paddle.no_grad() if toolkit != "ours" else paddle.enable_grad():  # ours: with the training kernels
                logits = network(images)[0]
            np.save(folder / f"{toolkit}.npy", logits.numpy())
            answer = float(F.cross_entropy(logits, labels, axis=1))
        elif request == "weights" and toolkit == "ours":
            load_weights(network, folder / "weights.pdparams")
        elif request == "weights":
            paddle.save(network.state_dict(), str(folder / "weights.pdparams"))
        else:
            answer = [step() for _ in range(int(request))]
        print("ANSWER " + json.dumps(answer), flush=True)


def check_equal(peer: Contender, ours: Contender, folder: Path) -> dict[str, float]:
    """The largest difference of the logits in training mode, given equal weights, and of the losses."""
    peer.ask("weights")
    ours.ask("weights")
    losses = [contender.ask("logits")[0] for contender in (peer, ours)]
    a, b = (np.load(folder / f"{toolkit}.npy") for toolkit in ("PaddleSeg", "ours"))
    found = {
        "logits": float(np.abs(a - b).max()),
        "logits_scale": float(np.abs(a).max()),
        "loss": abs(losses[0] - losses[1]),
    }
    if found["logits"] > 1e-4 * found["logits_scale"]:
        raise SystemExit(f"the two networks do not compute the same: {found}")
    return found


def write_batch(path: Path, batch: int) -> None:
    import cv2

    from paddleseg.images.io import read_image, read_label

    data = Path(__file__).resolve().parent.parent / "data" / "portrait_mini"
    pairs = [line.split() for line in (data / "train.txt").read_text(encoding="utf-8").splitlines()]
    pairs = [pairs[index % len(pairs)] for index in range(batch)]
    images = np.stack([cv2.resize(read_image(data / image), SIZE[::-1]) for image, _ in pairs])
    labels = np.stack(
        [cv2.resize(read_label(data / label), SIZE[::-1], interpolation=cv2.INTER_NEAREST) for _, label in pairs]
    )
    np.savez(path, images=(images / 127.5 - 1).transpose(0, 3, 1, 2).astype("float32"), labels=labels.astype("int64"))


def measure(options: argparse.Namespace) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_batch(folder / "batch.npz", options.batch)
        pythons = {"PaddleSeg": options.peer_python, "ours": sys.executable}
        contenders = [Contender(toolkit, pythons[toolkit], count, folder) for count in (1, 2) for toolkit in pythons]
        try:
            equal = check_equal(contenders[0], contenders[1], folder)
            for contender in contenders:
                contender.ask("2")  # compile, allocate
            for _ in range(options.rounds):
                for contender in contenders:
                    contender.take(options.steps)
        finally:
            for contender in contenders:
                contender.close()
    rows = {contender.name: _row(contender.times, options.batch) for contender in contenders}
    base = rows[contenders[0].name]
    for row in rows.values():
        row["ratio"] = base["step_s"] / row["step_s"]
        row["cpu_ratio"] = base["cpu_s"] / row["cpu_s"]
    return {"batch": options.batch, "size": SIZE, "cores": os.cpu_count(), "difference": equal, "rows": rows}


def _row(times: list[list[float]], batch: int) -> dict[str, float]:
    forward, backward, update, cpu = np.median(times, axis=0)
    step = np.sum(times, axis=1) - np.array(times)[:, 3]
    return {
        "forward_s": forward,
        "backward_s": backward,
        "update_s": update,
        "step_s": float(np.median(step)),
        "best_step_s": float(step.min()),
        "cpu_s": cpu,
        "images_per_second": batch / float(np.median(step)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer-python", help="interpreter with PaddleSeg 2.8.0 installed")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=2, help="steps of one turn")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        work(options.worker, options.folder)
        return
    if not options.peer_python:
        parser.error("--peer-python is needed")
    found = measure(options)
    print(f"largest difference: logits {found['difference']['logits']:.1e}, loss {found['difference']['loss']:.1e}")
    print("| | forward s | backward s | step s | images/s | ratio | CPU s | ratio |\n|---|---|---|---|---|---|---|---|")
    for name, row in found["rows"].items():
        seconds = " | ".join(f"{row[key]:.3f}" for key in ("forward_s", "backward_s", "step_s"))
        speed = f"{row['images_per_second']:.1f} | {row['ratio']:.2f}"
        print(f"| {name} | {seconds} | {speed} | {row['cpu_s']:.2f} | {row['cpu_ratio']:.2f} |")
    if options.json:
        options.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
