"""Components of PaddleSeg by name, and what stands for one that is not here yet: an error on first use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from paddleseg.errors import ConfigError
from paddleseg.registry import Registry


class Absent:
    """Imports like a component of PaddleSeg, and says on first use that it is not here.

    So a file that imports many runs as long as it uses those that are here.
    """

    def __init__(self, noun: str, name: str, hint: str = ""):
        self._noun, self._name, self._hint = noun, name, hint

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        hint = self._hint or "choose another one (docs/reference/models.md), or bring your own file as a plugin"
        raise ConfigError("", f"the {self._noun} '{self._name}' of PaddleSeg is not here yet", hint)

    __call__ = __mro_entries__ = _refuse

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # Python asks for some on importing
            raise AttributeError(name)
        self._refuse()

    def __repr__(self) -> str:
        return f"<{self._noun} {self._name} of PaddleSeg, not here yet>"


NETWORKS = frozenset(
    [
        "ANN",
        "AttentionUNet",
        "BiSeNetV2",
        "BiseNetV1",
        "CCNet",
        "DANet",
        "DDRNet_23",
        "DMNet",
        "DNLNet",
        "DecoupledSegNet",
        "DeepLabV3",
        "DeepLabV3P",
        "EMANet",
        "ENCNet",
        "ENet",
        "ESPNetV1",
        "ESPNetV2",
        "EfficientFormerSeg",
        "FCN",
        "FastFCN",
        "FastSCNN",
        "GCNet",
        "GINet",
        "GSCNN",
        "GloRe",
        "HRNetW48Contrast",
        "HarDNet",
        "ISANet",
        "KNet",
        "LPSNet",
        "LRASPP",
        "LinearSegmenter",
        "MLATransformer",
        "MaskFormer",
        "MaskSegmenter",
        "MobileSeg",
        "MscaleOCRNet",
        "OCRNet",
        "PFPNNet",
        "PIDNet",
        "PPHumanSegLite",
        "PPLiteSeg",
        "PPMobileSeg",
        "PSPNet",
        "PointRend",
        "PortraitNet",
        "RTFormer",
        "SFNet",
        "SINet",
        "STDCSeg",
        "STFPM",
        "SeaFormerSeg",
        "SegFormer",
        "SegNeXt",
        "SegNet",
        "SegmentationTransformer",
        "TopFormer",
        "U2Net",
        "U2Netp",
        "UNet",
        "UNet3Plus",
        "UNetPlusPlus",
        "UPerNet",
        "UPerNetCAE",
        "UPerNetViTAdapter",
    ]
)
BACKBONES = frozenset(
    [
        "CAE",
        "CAE_base_patch16_224",
        "CAE_base_patch16_384",
        "CAE_base_patch32_384",
        "CAE_huge_patch16_224",
        "CAE_huge_patch32_384",
        "CAE_large_patch16_224",
        "CAE_large_patch16_384",
        "CAE_large_patch32_384",
        "CAE_small_patch16_224",
        "EfficientFormerv2_l",
        "EfficientFormerv2_s1",
        "EfficientFormerv2_s2",
        "Efficientformerv2_s0",
        "GhostNet_x0_5",
        "GhostNet_x1_0",
        "GhostNet_x1_3",
        "HRFormer_base",
        "HRFormer_base_win_13",
        "HRFormer_base_win_15",
        "HRFormer_small",
        "HRNet_W18",
        "HRNet_W18_Small_V1",
        "HRNet_W18_Small_V2",
        "HRNet_W30",
        "HRNet_W32",
        "HRNet_W40",
        "HRNet_W44",
        "HRNet_W48",
        "HRNet_W60",
        "HRNet_W64",
        "Lite_HRNet_18",
        "Lite_HRNet_30",
        "Lite_HRNet_naive",
        "Lite_HRNet_wider_naive",
        "MSCAN",
        "MSCAN_B",
        "MSCAN_L",
        "MSCAN_S",
        "MSCAN_T",
        "MixVisionTransformer_B0",
        "MixVisionTransformer_B1",
        "MixVisionTransformer_B2",
        "MixVisionTransformer_B3",
        "MixVisionTransformer_B4",
        "MixVisionTransformer_B5",
        "MobileNetV2_x0_25",
        "MobileNetV2_x0_5",
        "MobileNetV2_x0_75",
        "MobileNetV2_x1_0",
        "MobileNetV2_x1_5",
        "MobileNetV2_x2_0",
        "MobileNetV3_large_x0_35",
        "MobileNetV3_large_x0_5",
        "MobileNetV3_large_x0_75",
        "MobileNetV3_large_x1_0",
        "MobileNetV3_large_x1_0_os8",
        "MobileNetV3_large_x1_25",
        "MobileNetV3_small_x0_35",
        "MobileNetV3_small_x0_5",
        "MobileNetV3_small_x0_75",
        "MobileNetV3_small_x1_0",
        "MobileNetV3_small_x1_0_os8",
        "MobileNetV3_small_x1_25",
        "MobileSeg_Base",
        "MobileSeg_Tiny",
        "PIDNet_Large",
        "PIDNet_Medium",
        "PIDNet_Small",
        "ResNet101",
        "ResNet101_vd",
        "ResNet18",
        "ResNet18_vd",
        "ResNet34",
        "ResNet50",
        "ResNet50_vd",
        "ResNet_MS3",
        "STDC1",
        "STDC2",
        "SeaFormer_base",
        "SeaFormer_large",
        "SeaFormer_small",
        "SeaFormer_tiny",
        "ShuffleNetV2_swish",
        "ShuffleNetV2_x0_25",
        "ShuffleNetV2_x0_33",
        "ShuffleNetV2_x0_5",
        "ShuffleNetV2_x1_0",
        "ShuffleNetV2_x1_5",
        "ShuffleNetV2_x2_0",
        "SwinTransformer",
        "SwinTransformer_base_patch4_window12_384",
        "SwinTransformer_base_patch4_window7_224",
        "SwinTransformer_base_patch4_window7_384_maskformer",
        "SwinTransformer_large_patch4_window12_384",
        "SwinTransformer_large_patch4_window7_224",
        "SwinTransformer_large_patch4_window7_384_maskformer",
        "SwinTransformer_small_patch4_window7_224",
        "SwinTransformer_small_patch4_window7_224_maskformer",
        "SwinTransformer_tiny_patch4_window7_224",
        "SwinTransformer_tiny_patch4_window7_224_maskformer",
        "TopTransformer_Base",
        "TopTransformer_Small",
        "TopTransformer_Tiny",
        "UHRNet_W18",
        "UHRNet_W18_Small",
        "UHRNet_W48",
        "ViTAdapter",
        "ViTAdapter_Tiny",
        "ViT_base_patch16_224",
        "ViT_base_patch16_384",
        "ViT_base_patch32_384",
        "ViT_huge_patch16_224",
        "ViT_huge_patch32_384",
        "ViT_large_patch16_224",
        "ViT_large_patch16_384",
        "ViT_large_patch32_384",
        "ViT_small_patch16_224",
        "VisionTransformer",
        "Xception41_deeplab",
        "Xception65_deeplab",
        "Xception71_deeplab",
    ]
)
LOSSES = frozenset(
    [
        "BCELoss",
        "BootstrappedCrossEntropyLoss",
        "CrossEntropyLoss",
        "DetailAggregateLoss",
        "DiceLoss",
        "DistillCrossEntropyLoss",
        "DistillationLoss",
        "DualTaskLoss",
        "EdgeAttentionLoss",
        "FocalLoss",
        "KLLoss",
        "L1Loss",
        "LovaszHingeLoss",
        "LovaszSoftmaxLoss",
        "MSELoss",
        "MaskFormerLoss",
        "MixedLoss",
        "MultiClassFocalLoss",
        "OhemCrossEntropyLoss",
        "OhemEdgeAttentionLoss",
        "PixelContrastCrossEntropyLoss",
        "PointCrossEntropyLoss",
        "RMILoss",
        "RelaxBoundaryLoss",
        "SECrossEntropyLoss",
        "SemanticConnectivityLoss",
    ]
)


def with_refusals(
    module: str, *families: tuple[Registry, frozenset[str]]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """`__getattr__` and `__dir__` of the package `module`: members of the families, then what PaddleSeg has besides."""

    def member(name: str) -> Any:
        for registry, _ in families:
            if name in registry:
                return registry.get(name)
        for registry, names in families:
            if name in names:
                return Absent(registry.noun, name)
        raise AttributeError(f"module {module!r} has no attribute {name!r}")

    return member, lambda: sorted({name for registry, _ in families for name in registry})
