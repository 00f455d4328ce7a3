"""`paddleseg bench exported` under PaddleSeg's name."""

import sys

from paddleseg.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["bench", "exported", *sys.argv[1:]]))
