"""`paddleseg data coco`."""

import sys

from paddleseg.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["data", "coco", *sys.argv[1:]]))
