"""`paddleseg data pascal_context` under PaddleSeg's name."""

import sys

from paddleseg.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["data", "pascal_context", *sys.argv[1:]]))
