"""PaddleSeg's smoothing of a portrait's scores along the motion, over the package's `Flow`."""

from __future__ import annotations

import numpy as np

from paddleseg.video.smoothing import Flow


def optic_flow_process(
    cur_gray: np.ndarray,
    scoremap: np.ndarray,
    prev_gray: np.ndarray,
    pre_cfd: np.ndarray,
    disflow: object = None,
    is_init: bool = False,
) -> np.ndarray:
    """The scores of a frame, made steady by those of the frame before.

    Args:
        cur_gray: The frame (h, w), grey, at the scores' size; `prev_gray` the one before.
        scoremap: Its scores (h, w), 0 to 1 or 0 to 255; `pre_cfd` what this function gave for the frame before.
        disflow: Taken for PaddleSeg's sake: `Flow` has an optical flow of its own.
        is_init: Whether this is the first frame, which stays as it is.
    """
    scores = np.asarray(scoremap, np.float32)
    if is_init:
        return scores
    before = np.asarray(pre_cfd, np.float32)
    whole = np.float32(255 if max(scores.max(initial=0), before.max(initial=0)) > 1 else 1)
    steady = Flow()
    steady(before[None] / whole, np.asarray(prev_gray, np.float32))
    return steady(scores[None] / whole, np.asarray(cur_gray, np.float32))[0] * whole


def threshold_mask(img: np.ndarray, thresh_bg: float, thresh_fg: float) -> np.ndarray:
    """Scores of 0 to 255 as a matte: 0 up to `thresh_bg`, 1 from `thresh_fg` on, both in shares of 255."""
    return np.clip((img / 255.0 - thresh_bg) / (thresh_fg - thresh_bg), 0, 1).astype(np.float32)
