"""`paddleseg slim qat --export` under PaddleSeg's name."""

import sys

from paddleseg.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["slim", "qat", "--export", *sys.argv[1:]]))
