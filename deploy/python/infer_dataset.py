"""`paddleseg infer_dataset` under PaddleSeg's name."""

import sys

from paddleseg.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["infer_dataset", *sys.argv[1:]]))
