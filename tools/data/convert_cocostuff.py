"""`paddleseg data cocostuff` under PaddleSeg's name."""

import sys

from paddleseg.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["data", "cocostuff", *sys.argv[1:]]))
