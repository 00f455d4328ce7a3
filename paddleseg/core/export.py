"""`export` with the parsed flags of PaddleSeg's tool; `paddleseg export` is the command."""

from __future__ import annotations

from typing import Any

import paddle

from paddleseg import compat
from paddleseg.assemble import card_from_config, model_from_config, weights_of
from paddleseg.card import OUTPUT_OPS
from paddleseg.config import load_config
from paddleseg.export.export import Exported, export_model
from paddleseg.utils import logger


def export(
    args: Any, model: paddle.nn.Layer | None = None, save_dir: str | None = None, use_ema: bool = False
) -> Exported:
    """Write a trained model for deployment, and check that the files give its numbers.

    Args:
        args: Has `config`, and as far as wanted `model_path`, `save_dir`, `output_op`, `input_shape`, `for_fd`, `opts`.
        model: One in memory, in the place of the weights in `model_path`.
        save_dir: In the place of `args.save_dir`.
        use_ema: PaddleSeg's, which names other files; the model that is given is written as it is.

    Raises:
        ConfigError: There are no weights, or the configuration is faulty.
        ExportError: The files give other numbers.
    """
    config = load_config(args.config, getattr(args, "opts", None) or ())
    op = getattr(args, "output_op", None) or config.export.output_op or compat.output_op()
    shape = getattr(args, "input_shape", None) or config.export.input_shape
    path = getattr(args, "model_path", None)
    weights = str(path or "a model in memory") if model is not None else weights_of(config, path)
    card = card_from_config(config, kind=OUTPUT_OPS[op], shape=shape, weights=weights)
    network = model if model is not None else model_from_config(config, path)
    folder = save_dir or getattr(args, "save_dir", None) or "./output/inference_model"
    done = export_model(network, card, folder, for_fastdeploy=bool(getattr(args, "for_fd", False)))
    logger.info(f"The inference model is saved in {folder}")
    return done
