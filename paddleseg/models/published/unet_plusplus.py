"""PaddleSeg's names of UNet++ and UNet 3+."""

from __future__ import annotations

from paddleseg.models.published.name_map import NameMap

NAMES = {
    "UNetPlusPlus": NameMap(
        rename=(
            (r"^conv(\d)_0\.", r"down.\1."),
            (r"^up_cat(\d)_(\d)\.", lambda match: f"paths.{match[1]}.{int(match[2]) - 1}."),
            (r"\.up\.1\.", ".reduce."),
            (r"\.up\.", ".deconv."),
            (r"^(paths\.\d\.\d)\.conv\.conv\.", r"\1.convs."),
            (r"^(down\.\d)\.conv\.", r"\1."),
            # Each of the two is convolution, norm and ReLU there, six in a row.
            (
                r"^(down\.\d|paths\.\d\.\d\.convs)\.([03])\.(?=[wb])",
                lambda match: f"{match[1]}.{int(match[2]) // 3}.conv.",
            ),
            (
                r"^(down\.\d|paths\.\d\.\d\.convs)\.([14])\.(?=[wb_])",
                lambda match: f"{match[1]}.{int(match[2]) // 3}.bn.",
            ),
            (r"^out_(\d)\.", lambda match: f"classify.{int(match[1]) - 1}."),
        )
    ),
    "UNet3Plus": NameMap(
        rename=(
            (r"^encoder\.conv1\.", "down.0."),
            (r"^encoder\.poolconv(\d)\.1\.", lambda match: f"down.{int(match[1]) - 1}."),
            (r"^(down\.\d)\.conv(\d)\.", lambda match: f"{match[1]}.{int(match[2]) - 1}."),
            (r"^decoder\.h(\d)_(?:PT|Cat)_hd(\d)_cbr\.", lambda match: _incoming(match[1], match[2])),
            (r"^decoder\.hd(\d)_UT_hd(\d)_cbr\.", lambda match: _incoming(match[1], match[2])),
            (r"^decoder\.cbr(\d)d_1\.", lambda match: f"up.{4 - int(match[1])}.fuse."),
            (r"^deepsup\.convup(\d)\.0\.", lambda match: f"classify.{int(match[1]) - 1}."),
            (r"^(?:deepsup\.)?outconv1\.", "classify.0."),
            (r"^(down\.\d\.\d|up\.\d\.incoming\.\d|up\.\d\.fuse)\.0\.", r"\1.conv."),
            (r"^(down\.\d\.\d|up\.\d\.incoming\.\d|up\.\d\.fuse)\.1\.", r"\1.bn."),
        )
    ),
}


def _incoming(source: str, target: str) -> str:
    """The convolution of size `source`'s map on its way to the decoder's map of size `target`, counted from 1."""
    return f"up.{4 - int(target)}.incoming.{int(source) - 1}."
