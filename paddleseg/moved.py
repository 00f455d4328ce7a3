"""Modules that have another name now, or in PaddleSeg: imports of that one give the module itself."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

MOVED = {
    "paddleseg.export.from_config": "paddleseg.assemble",
    "paddleseg.inference.card": "paddleseg.card",
    "paddleseg.inference.compose": "paddleseg.images.compositing",
    "paddleseg.inference.runtime": "paddleseg.inference.runtimes",
    "paddleseg.inference.visualize": "paddleseg.images.paint",
    "paddleseg.models.layers.cpu": "paddleseg.kernels",
    "paddleseg.transforms.compositing": "paddleseg.images.compositing",
    "paddleseg.transforms.image_io": "paddleseg.images.io",
}

# The places of PaddleSeg's modules, for code that imports from them and not from the package around them.
MOVED |= {
    "paddleseg.datasets.dataset": "paddleseg.datasets.base",
    "paddleseg.datasets.voc": "paddleseg.datasets.pascal_voc",
    "paddleseg.datasets.ade": "paddleseg.datasets.ade20k",
    "paddleseg.datasets.pp_humanseg14k": "paddleseg.datasets.pphumanseg14k",
    "paddleseg.models.bisenet": "paddleseg.models.bisenetv2",
    "paddleseg.models.losses": "paddleseg.losses",
    "paddleseg.models.losses.binary_cross_entropy_loss": "paddleseg.losses.bce",
    "paddleseg.models.losses.cross_entropy_loss": "paddleseg.losses.cross_entropy",
    "paddleseg.models.losses.decoupledsegnet_relax_boundary_loss": "paddleseg.losses.edge",
    "paddleseg.models.losses.dice_loss": "paddleseg.losses.dice",
    "paddleseg.models.losses.edge_attention_loss": "paddleseg.losses.edge",
    "paddleseg.models.losses.focal_loss": "paddleseg.losses.focal",
    "paddleseg.models.losses.gscnn_dual_task_loss": "paddleseg.losses.dual_task",
    "paddleseg.models.losses.lovasz_loss": "paddleseg.losses.lovasz",
    "paddleseg.models.losses.mixed_loss": "paddleseg.losses.mixed",
    "paddleseg.models.losses.ohem_cross_entropy_loss": "paddleseg.losses.ohem_cross_entropy",
    "paddleseg.models.losses.ohem_edge_attention_loss": "paddleseg.losses.ohem_cross_entropy",
    "paddleseg.models.losses.rmi_loss": "paddleseg.losses.rmi",
    "paddleseg.models.losses.semantic_connectivity_loss": "paddleseg.losses.connectivity",
    "paddleseg.models.pphumanseg_lite": "paddleseg.models.humanseg.lite",
    "paddleseg.models.layers.polaried_self_attention": "paddleseg.models.layers.polarized_self_attention",
    "paddleseg.models.backbones.stdcnet": "paddleseg.models.backbones.stdc",
    "paddleseg.transforms.transforms": "paddleseg.transforms",
}


class _Finder(MetaPathFinder, Loader):
    """Asked after all others, so it costs nothing where a module is where it is looked for."""

    def __init__(self) -> None:
        self._specs: dict[str, ModuleSpec | None] = {}

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return ModuleSpec(name, self) if name in MOVED else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = importlib.import_module(MOVED[spec.name])
        self._specs[module.__name__] = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """It has been run under its own name, which it keeps."""
        module.__spec__ = self._specs[module.__name__]


def install() -> None:
    """Let the old names be imported; called once, by the package."""
    sys.meta_path.append(_Finder())
