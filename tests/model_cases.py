"""Every registered model as the tests build it: through the same `{type: ...}` dictionaries as a config."""

from __future__ import annotations

from typing import Any

import paddle
from paddle import nn

from paddleseg.config.components import parameters_of
from paddleseg.models.build import build_network
from paddleseg.models.layers import ConvBNReLU
from paddleseg.registry import MODELS


class FourMaps(nn.Layer):
    """A backbone of four convolutions, for networks whose own part is what matters: building and tracing is quick."""

    out_channels, strides = (8, 16, 32, 64), (4, 8, 16, 16)

    def __init__(self, in_channels: int = 3):
        super().__init__()
        widths = (in_channels, *self.out_channels)
        steps = zip(widths, widths[1:], (4, 2, 2, 1), strict=False)
        self.stages = nn.LayerList([ConvBNReLU(before, after, 3, stride=stride) for before, after, stride in steps])

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        maps: list[paddle.Tensor] = []
        for stage in self.stages:
            maps.append(stage(maps[-1] if maps else x))
        return maps


SMALL = {"type": "FourMaps"}
SMALL_U = {"down_channels": [[4, 8]] * 6, "up_channels": [[4, 8]] * 5}
VIT = {"type": "VisionTransformer", "img_size": 64, "embed_dim": 16, "depth": 2, "num_heads": 2, "final_norm": True}

SWIN = {"type": "SwinTransformer", "embed_dim": 8, "depths": [1, 2], "num_heads": [1, 2], "window_size": 3}

# Models that need arguments, with a backbone that is small enough for tests. All others are built by name alone.
NEEDS: dict[str, dict[str, Any]] = {
    "AttentionUNet": {"channels": [4, 8, 16, 32, 64]},
    "UNetPlusPlus": {"channels": [4, 8, 16, 16, 16]},
    "UNet3Plus": {"channels": [4, 8, 16, 16, 16], "is_deepsup": True},
    "SegNet": {"channels": [4, 8, 8, 16, 16]},
    "ESPNetV2": {"scale": 0.5},
    "U2Net": SMALL_U,
    "U2Netp": SMALL_U,
    "SegNeXt": {
        "backbone": SMALL,
        "decoder_cfg": {"channels": 8, "ham_channels": 16, "num_groups": 4, "ham_kwargs": {"MD_R": 4}},
    },
    "MaskFormer": {
        "backbone": SWIN | {"out_indices": [0, 1]},
        **{"channels": 32, "num_queries": 6, "dec_layers": 2, "nheads": 2, "dim_feedforward": 16},
    },
    "KNet": {
        "backbone": SMALL,
        "backbone_indices": [3],
        "kernel_update_head_params": {
            **{"in_channels": 16, "out_channels": 16, "num_heads": 2, "num_mask_fcs": 1, "feedforward_channels": 8},
            "kernel_updator_cfg": {"in_channels": 16, "feat_channels": 16},
        },
        "kernel_generate_head_params": {"head_layer": "FCNKernelHead", "channels": 16},
        "num_stages": 1,
        "enable_auxiliary_loss": True,
        "kernel_attention": True,
    },
    "UPerNetCAE": {
        "backbone": {"type": "CAE", "embed_dim": 8, "depth": 2, "num_heads": 2, "img_size": 64}
        | {"use_rel_pos_bias": True, "init_values": 0.1},
        "backbone_indices": [0, 1, 0, 1],
        **{"channels": 8, "fpn_channels": 8, "head_channels": 8, "channels_fpn": [8, 8, 8, 8]},
    },
    "UPerNetViTAdapter": {
        "backbone": {"type": "ViTAdapter", "pretrain_size": 64, "embed_dim": 8, "depth": 4, "num_heads": 2}
        | {"interaction_indexes": [[n, n] for n in range(4)], "conv_inplane": 4, "deform_num_heads": 2, "n_points": 2}
        | {"use_extra_extractor": False},
        "backbone_indices": [0, 1, 2, 3],
        **{"channels": 8, "aux_channels": 8},
    },
    "LinearSegmenter": {"backbone": VIT},
    "MaskSegmenter": {"backbone": VIT, "h_embed_dim": 16, "h_depth": 1, "h_num_heads": 2},
    "SegmentationTransformer": {"backbone": VIT, "backbone_indices": [0, 1, 0, 1], "head": "pup"},
    "TopFormer": {"backbone": {"type": "TopTransformer_Tiny"}, "head_use_dw": True},
    "HRNetW48Contrast": {"backbone": SMALL, "backbone_indices": [3], "proj_dim": 8},
    "MLATransformer": {"backbone": SMALL, "mlahead_channels": 8, "aux_channels": 8},
    "HarDNet": {"stem_channels": [8] * 4, "ch_list": [8, 8, 16, 16, 16], "gr": [4] * 5, "n_layers": [4, 4, 4, 4, 4]},
    "PointRend": {
        "backbone": SMALL,
        "backbone_indices": [0, 1, 2, 3],
        "fpn_outplanes": 8,
        "PFN_channels": 8,
        "point_out_channels": 8,
        "point_num_points": 64,
        "point_subdivision_num_points": 100,
    },
    "PFPNNet": {"backbone": SMALL, "backbone_indices": [0, 1, 2, 3], "channels": 8, "enable_auxiliary_loss": True},
    "ANN": {"backbone": SMALL, "key_value_channels": 16, "inter_channels": 32, "psp_size": [1, 3]},
    "CCNet": {"backbone": SMALL, "recurrence": 2},
    "DMNet": {"backbone": SMALL, "mid_channels": 8},
    "ENCNet": {"backbone": SMALL, "mid_channels": 16, "num_codes": 4},
    "FastFCN": {"backbone": SMALL, "mid_channels": 16, "num_codes": 4},
    "DANet": {"backbone": SMALL, "backbone_indices": [3]},
    "DNLNet": {"backbone": SMALL},
    "EMANet": {"backbone": SMALL, "ema_channels": 32, "gc_channels": 16, "num_bases": 8},
    "GCNet": {"backbone": SMALL, "gc_channels": 32},
    "BiseNetV1": {"backbone": SMALL, "conv_channel": 16},
    "GloRe": {"backbone": SMALL, "gru_channels": 32, "gru_num_state": 16, "gru_num_node": 8},
    "UPerNet": {"backbone": SMALL, "backbone_indices": [0, 1, 2, 3], "channels": 16, "enable_auxiliary_loss": True},
    "GINet": {"backbone": SMALL, "jpu": False},
    "ISANet": {"backbone": SMALL, "isa_channels": 16, "down_factor": [2, 2]},
    "DecoupledSegNet": {"backbone": SMALL, "aspp_out_channels": 16},
    "GSCNN": {"backbone": {"type": "ResNet18_vd"}, "aspp_out_channels": 16},
    "PIDNet": {"backbone": {"type": "PIDNet_Small"}, "head_channels": 16},
    "SeaFormerSeg": {"backbone": SMALL, "in_index": [1, 2, 3], "head_channels": 32, "embed_dims": [16, 32]},
    "EfficientFormerSeg": {"backbone": SMALL, "head_channels": 8},
    "DDRNet_23": {"planes": 8, "spp_planes": 8, "head_planes": 8, "enable_auxiliary_loss": True},
    "LPSNet": {"depths": [1, 1, 2, 1, 1], "channels": [8, 8, 16, 16, 16], "scale_ratios": [0.75, 0.25]},
    "RTFormer": {"base_channels": 8, "spp_channels": 8, "head_channels": 8, "cross_size": 3, "drop_path_rate": 0},
    "DeepLabV3": {"backbone": {"type": "ResNet18_vd", "output_stride": 16}, "aspp_out_channels": 32},
    "DeepLabV3P": {"backbone": {"type": "ResNet18_vd"}, "aspp_out_channels": 32},
    "FCN": {"backbone": {"type": "HRNet_W18_Small_V1"}},
    "LRASPP": {"backbone": SMALL, "lraspp_head_out_ch": 32},
    "MobileSeg": {"backbone": {"type": "MobileNetV3_small_x0_35"}, "use_last_fuse": True},
    "OCRNet": {
        "backbone": {"type": "HRNet_W18_Small_V1"},
        "backbone_indices": [0],
        "ocr_mid_channels": 32,
        "ocr_key_channels": 16,
    },
    "MscaleOCRNet": {
        "backbone": SMALL,
        "backbone_indices": [3],
        "ocr_mid_channels": 16,
        "ocr_key_channels": 8,
    },
    "PortraitNet": {"backbone": {"type": "MobileNetV2_x0_25"}, "add_edge": True},
    "SFNet": {"backbone": SMALL, "backbone_indices": [1, 2, 3], "enable_auxiliary_loss": True},
    "STDCSeg": {"backbone": {"type": "STDC1"}, "use_boundary_2": True},
    "SegFormer": {"backbone": {"type": "MixVisionTransformer_B0"}, "embedding_dim": 64},
    "PSPNet": {"backbone": SMALL, "pp_out_channels": 32},
    "PPMobileSeg": {"backbone": {"type": "MobileSeg_Tiny", "inj_type": "AAMSx8"}},
    "PPLiteSeg": {
        "backbone": {"type": "STDC1"},
        "backbone_indices": [1, 2, 3, 4],
        "arm_out_chs": [4, 16, 32, 64],
        "seg_head_inter_chs": [4, 16, 32, 64],
    },
}

# Networks of classes; those of mattes have tests of their own, and STFPM, which scores faults.
NETWORKS = [
    name for name in MODELS.names() if "num_classes" in parameters_of(MODELS.get(name)).names and name != "STFPM"
]

# One entry each, by name.
CASES: dict[str, dict[str, Any]] = {name: {"type": name, **NEEDS.get(name, {})} for name in NETWORKS}


def build(spec: dict[str, Any], **given: Any) -> nn.Layer:
    """The model of a `{type: ...}` dictionary; `given` goes to the model, but `in_channels` to its backbone if any."""
    if "backbone" in spec and "in_channels" in given:
        spec = spec | {"backbone": spec["backbone"] | {"in_channels": given.pop("in_channels")}}
    if spec.get("backbone", {}).get("type") == "FourMaps":
        spec = spec | {"backbone": FourMaps(**{key: value for key, value in spec["backbone"].items() if key != "type"})}
    return build_network(spec | given)
