"""`paddleseg slim distill` under PaddleSeg's name, with its flags; the losses are those of distill_config.yml."""

import argparse
import sys
from pathlib import Path

from paddleseg.cli.main import main

LOSSES = Path(__file__).parent / "distill_config.yml"
"""What PaddleSeg's distill_config.py holds: losses between layers of both networks."""


def translated(arguments: list[str]) -> list[str]:
    """PaddleSeg's flags, its spelling of the teacher's among them, as those of `paddleseg slim distill`."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False, add_help=False)
    parser.add_argument("--student_config", required=True, metavar="FILE", help="the YAML file of the run")
    parser.add_argument(
        "--teather_config", "--teacher_config", required=True, metavar="FILE", help="whose model teaches"
    )
    args, rest = parser.parse_known_args(arguments)
    command = ["slim", "distill", "--config", args.student_config, "--teacher_config", args.teather_config]
    return [*command, *([] if "--slim_config" in rest else ["--slim_config", str(LOSSES)]), *rest]


if __name__ == "__main__":
    sys.exit(main(translated(sys.argv[1:])))
