"""The registries, by PaddleSeg's names: plugins write `@manager.MODELS.add_component`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from paddleseg.errors import ConfigError
from paddleseg.registry import BACKBONES, DATASETS, LOSSES, MODELS, OPTIMIZERS, TRANSFORMS

__all__ = ["BACKBONES", "DATASETS", "LOSSES", "MODELS", "OPTIMIZERS", "TRANSFORMS", "ComponentManager"]

ALL = (MODELS, BACKBONES, DATASETS, TRANSFORMS, LOSSES, OPTIMIZERS)


class ComponentManager:
    """A family of one's own, for components that are none of ours.

    Example:
        >>> HEADS = ComponentManager("heads")
        >>> @HEADS.add_component
        ... class PointHead: ...
        >>> HEADS["PointHead"]
    """

    def __init__(self, name: str | None = None):
        self._name, self._components = name or "", dict[str, Any]()

    @property
    def name(self) -> str:
        return self._name

    @property
    def components_dict(self) -> dict[str, Any]:
        return self._components

    def add_component(self, components: Any) -> Any:
        """Take in one class or function, or a list of them, under their own names.

        Raises:
            ConfigError: Another one of that name is there.
        """
        for component in components if isinstance(components, Sequence) else [components]:
            held = self._components.setdefault(component.__name__, component)
            if held is not component:
                raise ConfigError(self._name, f"'{component.__name__}' exists already", "rename one of the two")
        return components

    def __len__(self) -> int:
        return len(self._components)

    def __contains__(self, name: object) -> bool:
        return name in self._components

    def __getitem__(self, item: str) -> Any:
        if item not in self._components:
            known = ", ".join(self._components) or "none yet"
            raise ConfigError(self._name, f"no component is called '{item}'", f"known: {known}")
        return self._components[item]

    def __repr__(self) -> str:
        return f"ComponentManager({self._name}: {', '.join(self._components)})"
