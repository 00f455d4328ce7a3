"""`paddleseg train`, `tools/train.py`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from paddleseg.card import OUTPUT_OPS
from paddleseg.cli import flags
from paddleseg.config import load_config
from paddleseg.errors import ConfigError

HELP = "train a model from a configuration"
EXAMPLE = """
paddleseg train --config configs/pp_humanseg/portrait_fine_tune.yml --do_eval --nproc auto --save_dir output/mine
paddleseg train --config configs/pp_humanseg/portrait_fine_tune.yml --do_eval --save_dir output/mine --resume auto
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    flags.add_config(parser)
    flags.add_device(parser)
    flags.add_layout(parser)
    flags.add_compat(parser)
    parser.add_argument(
        "--save_dir", default="./output", help="folder of checkpoints and records (default: %(default)s)"
    )
    parser.add_argument("--resume_model", "--resume", dest="resume", metavar="CHECKPOINT|auto", help="go on from here")
    parser.add_argument(
        "--overwrite", action="store_true", help="start anew in a used save_dir; what is there moves to save_dir/old_N"
    )
    parser.add_argument("--iters", type=int, help="steps of the whole run")
    parser.add_argument("--batch_size", type=int, help="images a step (of each process under a launcher)")
    parser.add_argument("--learning_rate", type=float, help="the schedule's base rate")
    parser.add_argument("--seed", type=int, help="seed of order, augmentation and dropout (default: 0)")
    parser.add_argument("--num_workers", type=int, help="processes that read images (default: 0)")
    parser.add_argument("--cache", choices=["ram", "disk"], help="keep decoded images for the next epoch")
    parser.add_argument("--on_error", choices=["raise", "skip"], help="what to do about images that cannot be used")
    parser.add_argument(
        "--nproc", metavar="N|auto", help="data-parallel processes that share the batch (auto: one a core or GPU)"
    )
    parser.add_argument("--do_eval", action="store_true", help="evaluate at every save_interval and at the end")
    parser.add_argument("--save_interval", type=int, help="steps between checkpoints (default: 1000)")
    parser.add_argument("--keep_checkpoint_max", type=int, help="checkpoints that stay (default: 5)")
    parser.add_argument("--log_iters", type=int, help="steps between log lines (default: 10)")
    parser.add_argument("--use_vdl", action="store_true", help="write VisualDL records to save_dir")
    parser.add_argument("--use_ema", action="store_true", help="evaluate and keep a moving average of the weights")
    parser.add_argument("--allow_partial", action="store_true", help="start from what fits of pretrained weights")
    parser.add_argument("--early_stop_intervals", type=int, help="stop after so many evaluations without a better mIoU")
    parser.add_argument("--accumulate_steps", type=int, help="batches of one update (default: 1)")
    parser.add_argument("--precision", choices=["fp32", "fp16"], help="fp16: mixed precision, on a GPU")
    parser.add_argument("--amp_level", choices=["O1", "O2"], help="how much of the network fp16 takes (default: O1)")
    parser.add_argument("--repeats", type=int, default=1, help="times that each image counts in one epoch")
    parser.add_argument("--profiler_options", metavar="OPTIONS", help='such as "batch_range=[10,20]; profile_path=out"')
    parser.add_argument("--to_static_training", action="store_true", help="train the graph instead of step by step")
    flags.add_multilabel(parser)
    kept = "kept from PaddleSeg: export says what it writes"
    parser.add_argument("--output_op", choices=sorted(OUTPUT_OPS), help=kept)
    parser.add_argument("--input_shape", nargs="+", type=int, metavar="N", help=kept)
    parser.add_argument("--for_fd", action="store_true", help=kept)
    parser.add_argument("--skip_data_check", action="store_true", help="start without looking at a sample of the data")


# Flags that set a key of the same name: at the top level of the YAML, or in its `train` section.
_TOP = ("iters", "batch_size", "seed", "save_interval")
_TRAIN = (
    "num_workers",
    "cache",
    "on_error",
    "keep_checkpoint_max",
    "log_iters",
    "early_stop_intervals",
    "accumulate_steps",
    "precision",
    "amp_level",
    "device",
)


def flag_opts(args: argparse.Namespace) -> list[str]:
    """The flags that were given, as `--opts` would write them."""
    given = {name: getattr(args, name) for name in _TOP} | {f"train.{name}": getattr(args, name) for name in _TRAIN}
    given["lr_scheduler.learning_rate"] = args.learning_rate
    given["train.ema"] = "true" if args.use_ema else None
    given["train.allow_partial"] = "true" if args.allow_partial else None
    given["test_config.use_multilabel"] = "true" if args.use_multilabel else None
    given["to_static_training"] = "true" if args.to_static_training else None
    return [f"{key}={value}" for key, value in given.items() if value is not None]


def unused(args: argparse.Namespace) -> Iterator[str]:
    """What was asked for and has no effect, with the reason."""
    yield from flags.unused_layout(args)
    for name in ("output_op", "input_shape", "for_fd"):
        if getattr(args, name):
            yield f"--{name} changes nothing here: training writes no graph; give it to export"


def run(args: argparse.Namespace) -> int:
    if args.early_stop_intervals and not args.do_eval:
        raise ConfigError("--early_stop_intervals", "counts evaluations, and there are none", "add --do_eval")
    if args.repeats < 1:
        raise ConfigError("--repeats", f"should be at least 1, not {args.repeats}")
    flags.say_unused(unused(args))
    config = load_config(args.config, [*flag_opts(args), *args.opts])
    processes = _processes(args, config.batch_size)
    if processes > 1:
        from paddleseg.engine.launch import launch

        return launch(processes, [sys.executable, "-m", "paddleseg.cli.main", *args.argv])

    from paddleseg.engine.dist import is_main
    from paddleseg.engine.run import train

    state = train(
        config,
        save_dir=Path(args.save_dir),
        resume=args.resume,
        do_eval=args.do_eval,
        use_vdl=args.use_vdl,
        repeats=args.repeats,
        profiler_options=args.profiler_options,
        check_data=not args.skip_data_check,
        overwrite=args.overwrite,
    )
    if state.stop == "interrupted":
        if is_main():
            print(f"Stopped at iter {state.step}. Go on with the same command and --resume auto.", file=sys.stderr)
        return 130
    return 0


def _processes(args: argparse.Namespace, batch_size: int) -> int:
    """How many ranks to start; 1 inside a rank."""
    from paddleseg.engine.dist import RANK_VARIABLE
    from paddleseg.engine.launch import end_with_launcher, process_count

    if RANK_VARIABLE in os.environ:
        end_with_launcher()
        return 1
    return 1 if args.nproc is None else process_count(args.nproc, batch_size)
