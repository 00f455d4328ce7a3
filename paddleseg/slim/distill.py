"""Distillation as a method: what is added to a small network's configuration."""

from __future__ import annotations

from typing import Any

import yaml
from pydantic import Field

from paddleseg.config.places import find_beside
from paddleseg.config.schema import FeatureSection, LossSection, RunConfig, Section
from paddleseg.errors import ConfigError

_USUAL = {"types": [{"type": "KLLoss"}], "coef": [3.0]}


class Distill(Section):
    """What `paddleseg slim distill` can be told."""

    distill_loss: LossSection | None = None
    """Between the outputs; without it, as the configuration says, or else KLLoss with a weight of 3."""
    distill_features: list[FeatureSection] = Field(default_factory=list)
    """Between feature maps, beside those of the configuration."""


def teacher_of(cfg: RunConfig, weights: str | None) -> dict[str, Any]:
    """The model of a configuration as a teacher.

    Raises:
        ConfigError: Nobody says where its weights are.
    """
    model = cfg.need("model", cfg.model).model_dump()
    written = model.get("pretrained")
    found = weights or (find_beside(written, cfg.origin("model", "pretrained").file) if written else None)
    if not found:
        raise ConfigError(cfg.where("model"), "is to teach, and names no trained weights", "give --teacher_path")
    if isinstance(model.get("backbone"), dict):  # its weights are among the teacher's
        model["backbone"] = {key: value for key, value in model["backbone"].items() if key != "pretrained"}
    return model | {"pretrained": str(found)}


def overrides(cfg: RunConfig, settings: Distill, teacher: dict[str, Any] | None) -> list[str]:
    """`key=value` texts that make a run learn from its teacher.

    Args:
        teacher: The one to learn from; None for that of the configuration.
    """
    found: dict[str, Any] = {} if teacher is None else {"teacher": teacher}
    if settings.distill_loss is not None:
        found["distill_loss"] = settings.distill_loss.model_dump()
    elif cfg.distill_loss is None:
        found["distill_loss"] = _USUAL
    features = [*cfg.distill_features, *settings.distill_features]
    if settings.distill_features:
        found["distill_features"] = [each.model_dump(exclude_none=True) for each in features]
    return [f"{key}={_flow(value)}" for key, value in found.items()]


def _flow(value: Any) -> str:
    return yaml.safe_dump(value, default_flow_style=True, width=10**6).strip()
