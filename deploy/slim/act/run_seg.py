"""PaddleSeg's automatic compression (ACT): 8 bits trained with the float network as teacher, `paddleseg slim qat`.

PaddleSlim's own returns a ruined model on Paddle 3, as docs/howto/slim.md says.
"""

import argparse
import sys

from paddleseg.cli.main import main


def translated(arguments: list[str]) -> list[str]:
    """PaddleSeg's flags as those of `paddleseg slim qat`, which takes the others as they are."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False, add_help=False)
    parser.add_argument("--config_path", required=True, metavar="FILE", help="the YAML file of the run")
    parser.add_argument("--act_config_path", metavar="FILE", help="the YAML file of `paddleseg slim qat`")
    parser.add_argument("--devices", metavar="NAME", help="where to train")
    args, rest = parser.parse_known_args(arguments)
    command = ["slim", "qat", "--config", args.config_path]
    command += ["--slim_config", args.act_config_path] if args.act_config_path else []
    return [*command, *(["--device", args.devices] if args.devices else []), *rest]


if __name__ == "__main__":
    sys.exit(main(translated(sys.argv[1:])))
