"""`paddleseg data soft_labels`."""

import sys

from paddleseg.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["data", "soft_labels", *sys.argv[1:]]))
