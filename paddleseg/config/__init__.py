"""Configuration: a YAML file, overrides and flags become one checked, typed `RunConfig`, and that becomes objects."""

from paddleseg.config.build import (
    build_dataset,
    build_losses,
    build_lr,
    build_model,
    build_optimizer,
    build_transforms,
)
from paddleseg.config.load import load_config
from paddleseg.config.schema import RunConfig

__all__ = [
    "RunConfig",
    "build_dataset",
    "build_losses",
    "build_lr",
    "build_model",
    "build_optimizer",
    "build_transforms",
    "load_config",
]
