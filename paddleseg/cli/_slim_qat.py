"""`paddleseg slim qat`."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path
from typing import Any

import yaml

from paddleseg.cli import flags

HELP = (
    "train on with the rounding of 8 bits in the network, from trained weights that are also the teacher; then export"
)
EXAMPLE = """
paddleseg slim qat --config portrait_fine_tune --model_path zoo://portrait --save_dir output/qat --iters 500
paddleseg slim qat --config portrait_fine_tune --model_path output/qat/best_model --export --save_dir output/int8
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    flags.add_config(parser)
    flags.add_model_path(parser)
    flags.add_slim(parser, "observers=[mse]")
    flags.add_layout(parser)
    flags.add_device(parser)
    flags.add_calibrate(parser)
    parser.add_argument("--save_dir", default="./output/qat", metavar="DIR", help="checkpoints, and below them int8/")
    parser.add_argument("--resume_model", "--resume", dest="resume", metavar="CHECKPOINT|auto", help="go on from here")
    parser.add_argument("--iters", type=int, help="steps of the whole run")
    parser.add_argument("--batch_size", type=int, help="images a step")
    parser.add_argument("--learning_rate", type=float, help="the schedule's base rate")
    parser.add_argument("--num_workers", type=int, help="processes that read images (default: 0)")
    parser.add_argument("--save_interval", type=int, help="steps between checkpoints and evaluations (default: 1000)")
    parser.add_argument("--log_iters", type=int, help="steps between log lines (default: 10)")
    parser.add_argument("--use_vdl", action="store_true", help="write VisualDL records to save_dir")
    parser.add_argument("--no_teacher", action="store_true", help="learn from the labels alone")
    parser.add_argument("--overwrite", action="store_true", help="start anew in a used save_dir")
    parser.add_argument("--export", action="store_true", help="only write a checkpoint of such a run, into save_dir")


def run(args: argparse.Namespace) -> int:
    from paddleseg.slim.qat import Qat
    from paddleseg.slim.settings import read_settings

    flags.say_unused(flags.unused_layout(args))
    settings = read_settings(Qat, args.slim_config, args.slim)
    save_dir = Path(args.save_dir)
    if args.export:
        return _export(args, settings, args.model_path, save_dir)
    if stopped := _train(args, settings, save_dir):
        return stopped
    return _export(args, settings, str(save_dir / "best_model"), save_dir / "int8")


def _train(args: argparse.Namespace, settings: Any, save_dir: Path) -> int:
    from paddleseg import assemble
    from paddleseg.cli import _slim
    from paddleseg.config.load import load_config
    from paddleseg.engine.run import train
    from paddleseg.slim.qat import Preparation

    cfg = load_config(args.config, _opts(args))
    cfg.require("model", "train_dataset", "val_dataset")
    weights = assemble.weights_of(cfg, None)
    card = assemble.card_from_config(cfg, weights=weights)
    prepare = Preparation(card, _slim.calibration_photos(args), settings, save_dir, anew=not args.resume)
    state = train(
        cfg,
        save_dir=save_dir,
        resume=args.resume,
        do_eval=True,
        use_vdl=args.use_vdl,
        overwrite=args.overwrite,
        prepare=prepare,
    )
    if state.stop == "interrupted":
        print(f"Stopped at iter {state.step}. Go on with the same command and --resume auto.", file=sys.stderr)
        return 130
    return 0


def _opts(args: argparse.Namespace) -> list[str]:
    """The flags, the weights to begin with, and these weights again as the teacher."""
    from paddleseg import assemble
    from paddleseg.config.load import load_config

    given = {name: getattr(args, name) for name in ("iters", "batch_size", "save_interval")}
    given |= {f"train.{name}": getattr(args, name) for name in ("num_workers", "log_iters", "device")}
    given["lr_scheduler.learning_rate"] = args.learning_rate
    given["model.pretrained"] = args.model_path
    given["train.freeze_norm"] = "true"  # what is trained is the network with its batch norms folded
    opts = [*(f"{name}={value}" for name, value in given.items() if value is not None), *args.opts]
    cfg = load_config(args.config, opts)
    if args.no_teacher or cfg.teacher:
        return opts
    weights = assemble.weights_of(cfg, None)
    teacher = {"type": cfg.need("model", cfg.model).type, **cfg.need("model", cfg.model).args, "pretrained": weights}
    loss = {"types": [{"type": "KLLoss"}], "coef": [1]}
    for name, value in {"teacher": teacher, "distill_loss": loss}.items():
        opts.append(f"{name}={yaml.safe_dump(value, default_flow_style=True, width=10**6).strip()}")
    return opts


def _export(args: argparse.Namespace, settings: Any, model_path: str, save_dir: Path) -> int:
    from paddleseg import assemble
    from paddleseg.cli import _slim
    from paddleseg.config.load import load_config
    from paddleseg.device import select_device
    from paddleseg.errors import ConfigError
    from paddleseg.slim.qat import PLAN, export, read_plan

    if not model_path:
        raise ConfigError("--export", "needs a checkpoint of paddleseg slim qat", "add --model_path CHECKPOINT")
    plan = read_plan(Path(model_path).parent / PLAN)
    cfg = load_config(args.config, args.opts)
    select_device("cpu")
    # What a zoo card says of the weights to begin with holds for those trained from them, unless the file says so.
    begun = str(cfg.need("model", cfg.model).args.get("pretrained") or model_path)
    card = assemble.card_from_config(cfg, weights=begun)
    model = assemble.model_from_config(cfg, model_path)
    proof, console = _slim.proof_of(cfg, assemble.model_from_config(cfg, model_path), card)
    command = shlex.join(["paddleseg", *args.argv])
    done = export(
        model,
        card,
        save_dir,
        proof,
        _slim.calibration_photos(args),
        plan,
        settings.margin,
        command=command,
        console=console,
    )
    _slim.say_written(save_dir, done)
    return 0
