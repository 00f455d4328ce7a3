"""`paddleseg bench model CONFIG`."""

from __future__ import annotations

import argparse
import dataclasses
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from paddleseg.cli import flags
from paddleseg.errors import ConfigError

if TYPE_CHECKING:
    from paddleseg.card import Card
    from paddleseg.inference.runtimes.base import Runtime

HELP = "measure how long a network takes"
EXAMPLE = "paddleseg bench model configs/pp_humanseg/portrait_fine_tune.yml --threads 2"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    subjects = parser.add_subparsers(dest="subject", required=True, metavar="SUBJECT")
    model = subjects.add_parser("model", help="the network of a configuration alone, on this machine's CPU")
    model.add_argument("config", metavar="CONFIG", help="the YAML file of the run; weights are not needed")
    flags.add_opts(model)
    flags.add_size(model)
    model.add_argument(
        "--runtime",
        choices=["paddle", "onnx", "openvino", "dygraph"],
        default="paddle",
        help="Paddle Inference, ONNX Runtime, OpenVINO (both need paddle2onnx) or the model in memory (default: "
        "%(default)s)",
    )
    model.add_argument("--threads", type=int, default=1, metavar="N", help="CPU cores to use (default: %(default)s)")
    model.add_argument("--runs", type=int, default=100, metavar="N", help="calls that count (default: %(default)s)")
    model.add_argument("--warmup", type=int, default=10, metavar="N", help="calls before them (default: %(default)s)")
    model.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    from paddleseg.analysis.latency import measure, pinned
    from paddleseg.device import device_name

    if args.threads < 1 or args.runs < 1:
        raise ConfigError("--threads, --runs", "should be at least 1")
    with pinned(args.threads), _runtime(args) as (runtime, card):
        import numpy as np

        batch = np.random.default_rng(0).uniform(-1, 1, (1, card.input.channels, *(card.input.size or ())))
        batch = batch.astype(np.float32)
        timing = measure(lambda: runtime(batch), args.runs, args.warmup)
    about = {
        "config": args.config,
        "device": device_name(),
        "threads": args.threads,
        "runtime": args.runtime,
        "size": card.input.size,
    }
    if args.json:
        print(json.dumps(about | dataclasses.asdict(timing)))
        return 0
    print(", ".join(f"{name} {value}" for name, value in about.items()))
    print(f"p50 {timing.p50_ms:.2f} ms, p95 {timing.p95_ms:.2f} ms, best {timing.best_ms:.2f} ms of {timing.runs} runs")
    print(f"processor time {timing.cpu_ms:.2f} ms (median, all threads)")
    return 0


@contextmanager
def _runtime(args: argparse.Namespace) -> Iterator[tuple[Runtime, Card]]:
    """The network, untrained, in the runtime that was asked for; Paddle is imported here, when the cores are set."""
    from paddleseg.assemble import card_from_config
    from paddleseg.config.build import Builder
    from paddleseg.config.load import load_config
    from paddleseg.device import select_device
    from paddleseg.export.export import export_model
    from paddleseg.inference.predictor import Predictor
    from paddleseg.inference.runtimes.dygraph import Dygraph
    from paddleseg.models.layers.reparam import folded

    cfg = load_config(args.config, flags.sized_opts(args))
    select_device("cpu")
    size = card_from_config(cfg).input.size or flags.stand_in_size(args.config)
    card = card_from_config(cfg, shape=(1, -1, *size))
    model = Builder(cfg).untrained_model()
    if args.runtime == "dygraph":
        yield Dygraph(folded(model), card.output), card
        return
    with tempfile.TemporaryDirectory() as folder:
        card = export_model(model, card, f"{folder}/model", to=[args.runtime], compare=False).card
        yield Predictor.from_export(f"{folder}/model", args.runtime, threads=args.threads).runtime, card
