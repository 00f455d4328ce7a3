"""`paddleseg val`."""

from __future__ import annotations

import argparse
import functools
import sys
from pathlib import Path

from paddleseg.cli import flags
from paddleseg.errors import ConfigError

HELP = "measure a trained model on the validation set"
EXAMPLE = "paddleseg val --config configs/pp_humanseg/portrait_fine_tune_mini.yml --model_path zoo://portrait --worst 4"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    flags.add_config(parser)
    flags.add_model_path(parser)
    flags.add_device(parser)
    flags.add_layout(parser)
    flags.add_compat(parser)
    flags.add_augmentation(parser, "--aug_eval")
    flags.add_sliding(parser)
    parser.add_argument("--num_workers", type=int, metavar="N", help="processes that read images (default: 0)")
    parser.add_argument("--auc_roc", default=False, **flags.SWITCH, help="also measure the area under the ROC curve")
    parser.add_argument(
        "--connectivity",
        action=argparse.BooleanOptionalAction,
        help="also measure semantic connectivity and count components (default: with two classes)",
    )
    flags.add_multilabel(parser)
    parser.add_argument(
        "--raw",
        action="store_true",
        help="the network alone, on pictures as val_dataset prepares them: no postprocessing, no threshold of its own",
    )
    parser.add_argument("--save_dir", metavar="DIR", help="write result.json here")
    parser.add_argument("--worst", type=int, default=0, metavar="N", help="draw the N worst images to SAVE_DIR/worst")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")


def run(args: argparse.Namespace) -> int:
    from rich.console import Console

    from paddleseg import assemble, compat
    from paddleseg.config.build import Builder
    from paddleseg.config.load import load_config
    from paddleseg.device import select_device
    from paddleseg.engine import dist, report
    from paddleseg.engine.evaluate import evaluate
    from paddleseg.files import atomic_write_text
    from paddleseg.tasks.base import Measures

    flags.say_unused(flags.unused_layout(args))
    cfg = load_config(args.config, flags.test_opts(args, "aug_eval"))
    cfg.require("model", "val_dataset")
    if cfg.test_config.use_multilabel and (args.connectivity or args.auc_roc):
        what = "--connectivity and --auc_roc measure classes that exclude each other"
        raise ConfigError("--use_multilabel", what, "leave them out")
    select_device(args.device or cfg.train.device)
    dist.init()
    task, dataset = assemble.task_of(cfg), Builder(cfg).dataset("val")
    predictor = assemble.predictor_from_config(cfg, args.model_path, raw=args.raw)
    result = evaluate(
        predictor,
        dataset,
        task,
        num_workers=cfg.train.num_workers if args.num_workers is None else args.num_workers,
        measures=Measures(args.connectivity, args.auc_roc or cfg.test_config.auc_roc),
        rank=dist.rank(),
        world_size=dist.world(),
        progress=dist.is_main() and sys.stderr.isatty(),
        log=functools.partial(print, file=sys.stderr) if args.json else compat.say,
    )
    if not dist.is_main():
        return 0
    about = {"config": args.config, "model_path": args.model_path, "test_config": cfg.test_config.model_dump()}
    text = report.to_json(result, **about, postprocess=[step.model_dump() for step in predictor.card.postprocess])
    if args.json:
        print(text)
    else:
        Console().print(report.tables(result))
    if args.save_dir or args.worst:
        folder = Path(args.save_dir or "./output/val")
        atomic_write_text(folder / "result.json", text)
        if args.worst:
            report.write_worst(predictor, dataset, result, args.worst, folder / "worst", task)
        print(f"Results in {folder}", file=sys.stderr)
    return 0
