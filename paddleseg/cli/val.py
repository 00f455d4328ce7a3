"""`paddleseg val`."""

from __future__ import annotations

import argparse
import functools
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from paddleseg.cli import flags
from paddleseg.errors import ConfigError

if TYPE_CHECKING:
    from paddleseg.metrics import Metric

HELP = "measure a trained model on the validation set"
EXAMPLE = "paddleseg val --config configs/pp_humanseg/portrait_fine_tune_mini.yml --model_path zoo://portrait --worst 4"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    flags.add_config(parser)
    flags.add_model_path(parser)
    flags.add_device(parser)
    flags.add_nchw(parser)
    flags.add_augmentation(parser, "--aug_eval")
    flags.add_sliding(parser)
    parser.add_argument("--num_workers", type=int, metavar="N", help="processes that read images (default: 0)")
    parser.add_argument("--auc_roc", action="store_true", help="also measure the area under the ROC curve")
    parser.add_argument(
        "--connectivity",
        action=argparse.BooleanOptionalAction,
        help="also measure semantic connectivity and count components (default: with two classes)",
    )
    flags.add_multilabel(parser)
    parser.add_argument("--save_dir", metavar="DIR", help="write result.json here")
    parser.add_argument("--worst", type=int, default=0, metavar="N", help="draw the N worst images to SAVE_DIR/worst")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")


def run(args: argparse.Namespace) -> int:
    from rich.console import Console

    from paddleseg.assemble import model_from_config
    from paddleseg.config import build, load_config
    from paddleseg.device import select_device
    from paddleseg.engine import dist, report
    from paddleseg.engine.evaluate import evaluate
    from paddleseg.files import atomic_write_text

    cfg = load_config(args.config, args.opts)
    cfg.require("model", "val_dataset")
    cfg.test_config.use_multilabel |= args.use_multilabel
    independent = cfg.test_config.use_multilabel
    if independent and (args.connectivity or args.auc_roc):
        what = "--connectivity and --auc_roc measure classes that exclude each other"
        raise ConfigError("--use_multilabel", what, "leave them out")
    select_device(args.device or cfg.train.device)
    dist.init()
    dataset = build.build_dataset(cfg, "val")
    model = model_from_config(cfg, args.model_path)
    test_config = cfg.test_config.model_dump() | flags.test_options(args, "aug_eval")
    result = evaluate(
        model,
        dataset,
        num_workers=cfg.train.num_workers if args.num_workers is None else args.num_workers,
        test_config=test_config,
        metrics=[]
        if independent
        else measures(
            dataset.num_classes, dataset.ignore_index, args.connectivity, args.auc_roc or cfg.test_config.auc_roc
        ),
        rank=dist.rank(),
        world_size=dist.world(),
        progress=dist.is_main() and sys.stderr.isatty(),
        log=functools.partial(print, file=sys.stderr) if args.json else print,
    )
    if not dist.is_main():
        return 0
    text = report.to_json(result, config=args.config, model_path=args.model_path, test_config=test_config)
    if args.json:
        print(text)
    else:
        Console().print(report.tables(result))
    if args.save_dir or args.worst:
        folder = Path(args.save_dir or "./output/val")
        atomic_write_text(folder / "result.json", text)
        if args.worst:
            report.write_worst(model, dataset, result, args.worst, folder / "worst", test_config)
        print(f"Results in {folder}", file=sys.stderr)
    return 0


def measures(num_classes: int, ignore_index: int, connectivity: bool | None, auc_roc: bool) -> list[Metric]:
    """What to measure beside the confusion matrix; connectivity by default where there is one kind of foreground."""
    from paddleseg.metrics import AucRoc, BoundaryIoU, Connectivity

    wanted: list[Metric] = [BoundaryIoU(num_classes, ignore_index)]
    if connectivity or (connectivity is None and num_classes == 2):
        wanted.append(Connectivity(num_classes, ignore_index))
    if auc_roc:
        wanted.append(AucRoc(num_classes, ignore_index))
    return wanted
