"""`paddleseg data multilabel` under PaddleSeg's name."""

import sys

from paddleseg.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["data", "multilabel", *sys.argv[1:]]))
