"""`paddleseg data masks`."""

import sys

from paddleseg.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["data", "masks", *sys.argv[1:]]))
