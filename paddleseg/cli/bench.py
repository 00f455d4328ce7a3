"""`paddleseg bench model CONFIG` and `paddleseg bench exported`."""

from __future__ import annotations

import argparse
import dataclasses
import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from paddleseg.cli import flags
from paddleseg.errors import ConfigError

if TYPE_CHECKING:
    from paddleseg.analysis.latency import Timing
    from paddleseg.card import Card
    from paddleseg.inference.predictor import Predictor, Prepared
    from paddleseg.inference.runtimes.base import Runtime

HELP = "measure how long a network takes"
EXAMPLE = """
paddleseg bench model configs/pp_humanseg/portrait_fine_tune.yml --threads 2
paddleseg bench exported --config output/export --image_path data/portrait_mini/images/000000000785.jpg --runtime onnx
"""


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
    _add_exported(subjects.add_parser("exported", help="an exported model on one picture, on any device"))


def _add_exported(parser: argparse.ArgumentParser) -> None:
    from paddleseg.cli import _engine

    add = parser.add_argument
    _engine.add_exported(parser)
    add("--image_path", required=True, metavar="PATH", help="the picture; of a folder or a list the first")
    add("--save_dir", metavar="DIR", help="also write the picture's mask here")
    _engine.add_resize(parser)
    _engine.add_engine(parser)
    add("--repeats", type=int, default=100, metavar="N", help="calls that count (default: %(default)s)")
    add("--warmup", type=int, default=50, metavar="N", help="calls before them (default: %(default)s)")
    add("--compare", action="store_true", help="fail where the same graph on the CPU gives other numbers")
    add("--print_detail", default=True, **flags.SWITCH, help="kept from PaddleSeg: the times are printed anyway")
    add("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    return _exported(args) if args.subject == "exported" else _model(args)


def _exported(args: argparse.Namespace) -> int:
    from paddleseg.analysis.latency import measure
    from paddleseg.cli import _engine
    from paddleseg.device import device_name
    from paddleseg.images.io import read_image
    from paddleseg.inference.outputs import Writer, card_palette
    from paddleseg.targets import refuse_overwriting

    flags.require_ranges(("--repeats", args.repeats, 1, 10**6), ("--warmup", args.warmup, 0, 10**6))
    photos = _engine.photos_of(args.image_path)
    predictor = _engine.load(args, photos)
    image = read_image(photos[0], predictor.card.input.channels)
    prepared = predictor.prepare(image)
    timing = measure(lambda: predictor.run([prepared]), args.repeats, args.warmup)
    device = args.device or ", ".join(args.providers) or device_name()
    size = list(prepared.tensor.shape[1:])
    about: dict[str, object] = {"device": device, "runtime": predictor.runtime.name, "size": size}
    if args.compare:
        about["difference"] = _difference(args, predictor, prepared)
    if args.save_dir:
        writer = Writer(args.save_dir, ["pseudo_color"], card_palette(predictor.card), folders={"pseudo_color": "."})
        refuse_overwriting(photos, writer.targets(photos[0].name))
        writer(photos[0].name, image, predictor(image))
    _show(about, timing, args.json)
    return 0


def _difference(args: argparse.Namespace, predictor: Predictor, prepared: Prepared) -> float:
    """How far the same graph on the CPU is from what was timed.

    Raises:
        ExportError: Further than rounding leads.
    """
    import numpy as np

    from paddleseg.cli import _engine
    from paddleseg.errors import ExportError

    plain: dict[str, object] = {"device": "cpu", "providers": [], "precision": "fp32"}
    plain |= dict.fromkeys(("use_trt", "use_cinn", "enable_auto_tune", "with_argmax"), False)
    plain["runtime"] = predictor.runtime.name
    reference = _engine.load(argparse.Namespace(**{**vars(args), **plain}), [])
    found, wanted = (each.run([prepared])[0].astype(np.float64) for each in (predictor, reference))
    difference = float(np.abs(found - wanted).max())
    allowed = {"fp32": 1e-3, "fp16": 5e-3, "int8": 1.0}[args.precision]
    if not difference <= allowed:
        what = f"differs by {difference:.2g} from the same graph on the CPU, where {allowed:g} is allowed"
        raise ExportError(predictor.card.name or "the graph", what, "use fp32, or another engine")
    return difference


def _show(about: Mapping[str, object], timing: Timing, as_json: bool) -> None:
    if as_json:
        print(json.dumps({**about, **dataclasses.asdict(timing)}))
        return
    print(", ".join(f"{name} {value}" for name, value in about.items()))
    print(f"p50 {timing.p50_ms:.2f} ms, p95 {timing.p95_ms:.2f} ms, best {timing.best_ms:.2f} ms of {timing.runs} runs")
    print(f"processor time {timing.cpu_ms:.2f} ms (median, all threads)")


def _model(args: argparse.Namespace) -> int:
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
    _show(about, timing, args.json)
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
