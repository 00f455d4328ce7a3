"""PaddleSeg's analysis of a validation set: `paddleseg val`, with the scores of every image in result.json."""

import sys

from paddleseg.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["val", "--save_dir", "./output/analyse", *sys.argv[1:]]))
