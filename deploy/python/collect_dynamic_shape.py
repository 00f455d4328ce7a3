"""`paddleseg collect_shapes` under PaddleSeg's name."""

import sys

from paddleseg.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["collect_shapes", *sys.argv[1:]]))
