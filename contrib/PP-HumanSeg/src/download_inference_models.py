"""PaddleSeg's exported portrait networks into ./inference_models; ours are in the package, as zoo://portrait."""

import sys

from download import fetch, models

NAMES = (
    "portrait_pp_humansegv1_lite_398x224",
    "portrait_pp_humansegv2_lite_256x144",
    "human_pp_humansegv1_lite_192x192",
    "human_pp_humansegv2_lite_192x192",
    "human_pp_humansegv1_mobile_192x192",
    "human_pp_humansegv2_mobile_192x192",
)

if __name__ == "__main__":
    sys.exit(fetch(models(NAMES, "inference_model_with_softmax"), "inference_models"))
