"""`paddleseg slim qat` under PaddleSeg's name, with its flags."""

import sys

from paddleseg.cli.main import main


def translated(arguments: list[str]) -> list[str]:
    """PaddleSeg's flags as those of `paddleseg slim qat`, which always evaluates."""
    return ["slim", "qat", *(word for word in arguments if word != "--do_eval")]


if __name__ == "__main__":
    sys.exit(main(translated(sys.argv[1:])))
