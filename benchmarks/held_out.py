"""Which pictures are for checking: a share that nothing is trained on or chosen by, known by the names of their shoots.

    python benchmarks/held_out.py FOLDER > check.txt
    python benchmarks/held_out.py FOLDER --group '^([^/]+)/' --rest > train.txt

A shoot goes as a whole to one side, wherever and whenever that is asked, since only its name decides. What a shoot is
`--group` says, a regular expression on the path below FOLDER; without it every picture is one.
"""

from __future__ import annotations

import argparse
import hashlib
import re
from pathlib import Path

from paddleseg.datasets.split import group_of
from paddleseg.images.io import list_images

ONE_OF = 5


def is_held_out(shoot: str) -> bool:
    return int(hashlib.sha256(shoot.encode()).hexdigest(), 16) % ONE_OF == 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="pictures, in folders or not")
    parser.add_argument("--group", type=re.compile, default=re.compile(r"^(.*)\.[^.]+$"), help="what a shoot is")
    parser.add_argument("--rest", action="store_true", help="the other pictures")
    options = parser.parse_args()
    for path, name in list_images(options.folder):
        if is_held_out(group_of(name, options.group)) != options.rest:
            print(path)


if __name__ == "__main__":
    main()
