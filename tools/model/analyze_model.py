"""`paddleseg analyze` under PaddleSeg's name and flags: `--config FILE --input_shape N C H W`."""

import sys

from paddleseg.cli.main import main

if __name__ == "__main__":
    arguments = [argument.removeprefix("--config=") for argument in sys.argv[1:] if argument != "--config"]
    sys.exit(main(["analyze", *arguments]))
