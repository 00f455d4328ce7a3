"""The photos and clips that PaddleSeg's pages show, and its mini Supervisely, into ./data."""

import sys

from download import V2, fetch

if __name__ == "__main__":
    sys.exit(fetch(["humanseg/data/mini_supervisely", f"{V2}videos", f"{V2}images"], "data"))
