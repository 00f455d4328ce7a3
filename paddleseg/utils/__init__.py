"""PaddleSeg's helpers by PaddleSeg's names, for code written for it. This package itself needs none of them."""

from paddleseg.utils import download, logger, metrics, op_flops_funs, progbar, train_profiler, visualize
from paddleseg.utils.ema import init_ema_params, judge_params_equal, update_ema_model
from paddleseg.utils.env import get_sys_env, seg_env
from paddleseg.utils.timer import TimeAverager, calculate_eta
from paddleseg.utils.utils import (
    CachedProperty,
    NoAliasDumper,
    convert_sync_batchnorm,
    download_pretrained_model,
    generate_tempdir,
    get_image_list,
    get_in_channels,
    load_entire_model,
    load_pretrained_model,
    resume,
    set_cv2_num_threads,
    set_device,
    set_in_channels,
    set_seed,
    show_cfg_info,
    show_env_info,
    worker_init_fn,
)

__all__ = [
    "CachedProperty",
    "NoAliasDumper",
    "TimeAverager",
    "calculate_eta",
    "convert_sync_batchnorm",
    "download",
    "download_pretrained_model",
    "generate_tempdir",
    "get_image_list",
    "get_in_channels",
    "get_sys_env",
    "init_ema_params",
    "judge_params_equal",
    "load_entire_model",
    "load_pretrained_model",
    "logger",
    "metrics",
    "op_flops_funs",
    "progbar",
    "resume",
    "seg_env",
    "set_cv2_num_threads",
    "set_device",
    "set_in_channels",
    "set_seed",
    "show_cfg_info",
    "show_env_info",
    "train_profiler",
    "update_ema_model",
    "visualize",
    "worker_init_fn",
]
