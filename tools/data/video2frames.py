"""`paddleseg data frames`."""

import sys

from paddleseg.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["data", "frames", *sys.argv[1:]]))
