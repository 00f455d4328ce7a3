"""`paddleseg slim prune` under PaddleSeg's name, with its flags; the trained network is then exported as there."""

import argparse
import sys
from pathlib import Path

from paddleseg.cli.main import main
from paddleseg.errors import ConfigError
from paddleseg.program import reports_mistakes


def parsed(arguments: list[str]) -> tuple[argparse.Namespace, list[str]]:
    """PaddleSeg's flags, and those that `paddleseg slim prune` takes as they are."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False, add_help=False)
    parser.add_argument("--config", required=True, metavar="FILE", help="the YAML file of the run")
    parser.add_argument("--pruning_ratio", type=float, required=True, metavar="SHARE", help="of the multiply-adds")
    parser.add_argument("--retraining_iters", type=int, required=True, metavar="N", help="steps of training afterwards")
    parser.add_argument("--save_dir", default="./output", metavar="DIR", help="where everything goes")
    return parser.parse_known_args(arguments)


def translated(arguments: list[str]) -> list[str]:
    """PaddleSeg's flags as those of `paddleseg slim prune`.

    Raises:
        ConfigError: The ratio is none.
    """
    args, rest = parsed(arguments)
    if not 0 < args.pruning_ratio < 1:
        raise ConfigError("--pruning_ratio", f"should lie between 0 and 1, not {args.pruning_ratio:g}")
    command = ["slim", "prune", "--config", args.config, "--save_dir", args.save_dir, "--do_eval"]
    return [*command, "--iters", str(args.retraining_iters), "--target_macs", f"{1 - args.pruning_ratio:g}", *rest]


@reports_mistakes
def run(arguments: list[str]) -> int:
    if failed := main(translated(arguments)):
        return failed
    args, _ = parsed(arguments)
    best = str(Path(args.save_dir) / "best_model")
    return main(["export", "--config", args.config, "--model_path", best, "--save_dir", args.save_dir])


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
