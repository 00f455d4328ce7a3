"""`paddleseg data show` under PaddleSeg's name."""

import sys

from paddleseg.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["data", "show", *sys.argv[1:]]))
