"""`paddleseg data pseudo_color` under PaddleSeg's name."""

import sys

from paddleseg.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["data", "pseudo_color", *sys.argv[1:]]))
