"""`paddleseg data voc_augment` under PaddleSeg's name."""

import sys

from paddleseg.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["data", "voc_augment", *sys.argv[1:]]))
