"""A step of pre- or postprocessing, or a network, by its registered name."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


class Step(BaseModel):
    """A registered thing by its name, with its arguments beside `type`."""

    model_config = ConfigDict(extra="allow")

    type: str

    @classmethod
    def of(cls, type: str, **args: Any) -> Step:
        """The step of that name with those arguments."""
        return cls.model_validate({"type": type, **args})

    @property
    def args(self) -> dict[str, Any]:
        return dict(self.model_extra or {})
