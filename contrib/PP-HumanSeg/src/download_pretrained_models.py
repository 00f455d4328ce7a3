"""PaddleSeg's trained portrait networks into ./pretrained_models; `pretrained:` takes the files in it."""

import sys

from download import fetch, models
from download_inference_models import NAMES

if __name__ == "__main__":
    names = [*NAMES, "human_pp_humansegv1_server_512x512"]
    sys.exit(fetch(models(names, "pretrained"), "pretrained_models"))
