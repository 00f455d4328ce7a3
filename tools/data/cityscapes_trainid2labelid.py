"""`paddleseg data cityscapes_ids` under PaddleSeg's name."""

import sys

from paddleseg.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["data", "cityscapes_ids", *sys.argv[1:]]))
