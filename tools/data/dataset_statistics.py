"""`paddleseg data stats`."""

import sys

from paddleseg.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["data", "stats", *sys.argv[1:]]))
