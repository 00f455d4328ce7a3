"""Write the tables in docs/reference/networks.md: what each network costs in the recipe that is named for it.

python tools/docs/network_table.py            # write it
python tools/docs/network_table.py --check    # exit 1 if the page has another one
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from paddleseg.analysis.macs import count
from paddleseg.config import load_config
from paddleseg.config.build import Builder
from paddleseg.files import atomic_write_text

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reference/networks.md"
START, END = "<!-- table -->\n", "<!-- end of table -->"
START_MATTES = "<!-- table of mattes -->\n"
# Recipe, the paper of the network, and the input (h, w) whose cost is told.
RECIPES: list[tuple[str, str, tuple[int, int]]] = [
    ("pp_humanseg/portrait_pp_humansegv1_lite.yml", "Chu et al., WACV Workshops 2022", (224, 398)),
    ("pp_humanseg/human_pp_humansegv1_mobile.yml", "Sun et al., arXiv 1904.04514", (192, 192)),
    ("pp_humanseg/human_pp_humansegv1_server.yml", "Chen et al., ECCV 2018", (512, 512)),
    ("pp_humanseg/portrait_pp_humansegv2_lite.yml", "Howard et al., ICCV 2019", (144, 256)),
    ("pp_humanseg/human_pp_humansegv2_mobile.yml", "Peng et al., arXiv 2204.02681", (192, 192)),
    ("pp_humanseg/portrait_swift.yml", "ours", (144, 256)),
    ("pp_humanseg/portrait_fast.yml", "MediaPipe's published graph", (256, 256)),
    ("pp_humanseg/portrait_accurate.yml", "ours, on V1 Mobile", (208, 208)),
    ("portraitnet/portraitnet_eg1800_224x224_46k.yml", "Zhang et al., Computers & Graphics 2019", (224, 224)),
    ("sinet/sinet_eg1800_224x224.yml", "Park et al., WACV 2020", (224, 224)),
    ("bisenet/bisenet_cityscapes_1024x1024_160k.yml", "Yu et al., IJCV 2021", (512, 1024)),
    ("fastscnn/fastscnn_cityscapes_1024x1024_160k.yml", "Poudel et al., BMVC 2019", (512, 1024)),
    ("fcn/fcn_hrnetw18_small_v2_cityscapes_1024x512_80k.yml", "Sun et al., arXiv 1904.04514", (512, 1024)),
    ("fcn/fcn_hrnetw18_cityscapes_1024x512_80k.yml", "Sun et al., arXiv 1904.04514", (512, 1024)),
    ("fcn/fcn_hrnetw48_cityscapes_1024x512_80k.yml", "Sun et al., arXiv 1904.04514", (512, 1024)),
    ("ocrnet/ocrnet_hrnetw18_cityscapes_1024x512_160k.yml", "Yuan et al., ECCV 2020", (512, 1024)),
    ("ocrnet/ocrnet_hrnetw48_cityscapes_1024x512_160k.yml", "Yuan et al., ECCV 2020", (512, 1024)),
    ("deeplabv3/deeplabv3_resnet50_os8_cityscapes_1024x512_80k.yml", "Chen et al., arXiv 1706.05587", (512, 1024)),
    ("deeplabv3p/deeplabv3p_resnet50_os8_cityscapes_1024x512_80k.yml", "Chen et al., ECCV 2018", (512, 1024)),
    ("pspnet/pspnet_resnet50_os8_cityscapes_1024x512_80k.yml", "Zhao et al., CVPR 2017", (512, 1024)),
    ("ann/ann_resnet50_os8_cityscapes_1024x512_80k.yml", "Zhu et al., ICCV 2019", (512, 1024)),
    ("dnlnet/dnlnet_resnet50_os8_cityscapes_1024x512_80k.yml", "Yin et al., ECCV 2020", (512, 1024)),
    ("emanet/emanet_resnet50_os8_cityscapes_1024x512_80k.yml", "Li et al., ICCV 2019", (512, 1024)),
    ("gcnet/gcnet_resnet50_os8_cityscapes_1024x512_80k.yml", "Cao et al., ICCV Workshops 2019", (512, 1024)),
    ("isanet/isanet_resnet50_os8_cityscapes_769x769_80k.yml", "Huang et al., arXiv 1907.12273", (512, 1024)),
    ("ginet/ginet_resnet50_os8_cityscapes_1024x512_80k.yml", "Wu et al., ECCV 2020", (512, 1024)),
    ("danet/danet_resnet50_os8_cityscapes_1024x512_80k.yml", "Fu et al., CVPR 2019", (512, 1024)),
    ("sfnet/sfnet_resnet18_os8_cityscapes_1024x1024_80k.yml", "Li et al., ECCV 2020", (512, 1024)),
    ("stdcseg/stdc1_seg_cityscapes_1024x512_80k.yml", "Fan et al., CVPR 2021", (512, 1024)),
    ("stdcseg/stdc2_seg_cityscapes_1024x512_80k.yml", "Fan et al., CVPR 2021", (512, 1024)),
    ("lraspp/lraspp_mobilenetv3_cityscapes_1024x512_80k.yml", "Howard et al., ICCV 2019", (512, 1024)),
    ("glore/glore_resnet50_os8_cityscapes_1024x512_80k.yml", "Chen et al., CVPR 2019", (512, 1024)),
    ("upernet/upernet_resnet101_os8_cityscapes_512x1024_40k.yml", "Xiao et al., ECCV 2018", (512, 1024)),
    ("bisenetv1/bisenetv1_resnet18_os8_cityscapes_1024x512_160k.yml", "Yu et al., ECCV 2018", (512, 1024)),
    ("ddrnet/ddrnet23_cityscapes_1024x1024_120k.yml", "Hong et al., arXiv 2101.06085", (512, 1024)),
    ("rtformer/rtformer_base_cityscapes_1024x512_120k.yml", "Wang et al., NeurIPS 2022", (512, 1024)),
    ("rtformer/rtformer_slim_cityscapes_1024x512_120k.yml", "Wang et al., NeurIPS 2022", (512, 1024)),
    ("lpsnet/lpsnet_m_cityscapes_1536x1024_200k.yml", "Zhang et al., IJCV 2022", (512, 1024)),
    ("pp_liteseg/pp_liteseg_stdc1_cityscapes_1024x512_scale0.5_160k.yml", "Peng et al., arXiv 2204.02681", (512, 1024)),
    ("pp_liteseg/pp_liteseg_stdc2_cityscapes_1024x512_scale0.5_160k.yml", "Peng et al., arXiv 2204.02681", (512, 1024)),
    ("mobileseg/mobileseg_mobilenetv3_cityscapes_1024x512_80k.yml", "Howard et al., ICCV 2019", (512, 1024)),
    ("mobileseg/mobileseg_mobilenetv2_cityscapes_1024x512_80k.yml", "Sandler et al., CVPR 2018", (512, 1024)),
    ("mobileseg/mobileseg_ghostnet_cityscapes_1024x512_80k.yml", "Han et al., CVPR 2020", (512, 1024)),
    ("mobileseg/mobileseg_shufflenetv2_cityscapes_1024x512_80k.yml", "Ma et al., ECCV 2018", (512, 1024)),
    ("pp_mobileseg/pp_mobileseg_base_ade20k_512x512_80k.yml", "Tang et al., arXiv 2304.05152", (512, 512)),
    ("pp_mobileseg/pp_mobileseg_tiny_ade20k_512x512_80k.yml", "Tang et al., arXiv 2304.05152", (512, 512)),
    ("segformer/segformer_b0_cityscapes_1024x1024_160k.yml", "Xie et al., NeurIPS 2021", (512, 1024)),
    ("unet/unet_cityscapes_1024x512_160k.yml", "Ronneberger et al., MICCAI 2015", (512, 1024)),
    ("ccnet/ccnet_resnet101_os8_cityscapes_769x769_60k.yml", "Huang et al., ICCV 2019", (512, 1024)),
    ("dmnet/dmnet_resnet101_os8_cityscapes_1024x512_80k.yml", "He et al., ICCV 2019", (512, 1024)),
    ("encnet/encnet_resnet101_os8_cityscapes_1024x512_80k.yml", "Zhang et al., CVPR 2018", (512, 1024)),
    ("fastfcn/fastfcn_resnet50_os8_ade20k_512x512_120k.yml", "Wu et al., arXiv 1903.11816", (512, 512)),
    ("pfpn/pfpn_resnet101_os8_cityscapes_512x1024_40k.yml", "Kirillov et al., CVPR 2019", (512, 1024)),
    ("segnext/segnext_mscan_t_cityscapes_1024x1024_160k.yml", "Guo et al., NeurIPS 2022", (512, 1024)),
    ("segnext/segnext_mscan_b_cityscapes_1024x1024_160k.yml", "Guo et al., NeurIPS 2022", (512, 1024)),
    ("topformer/topformer_tiny_ade20k_512x512_160k.yml", "Zhang et al., CVPR 2022", (512, 512)),
    ("topformer/topformer_base_ade20k_512x512_160k.yml", "Zhang et al., CVPR 2022", (512, 512)),
    ("segmenter/segmenter_vit_small_linear_ade20k_512x512_160k.yml", "Strudel et al., ICCV 2021", (512, 512)),
    ("segmenter/segmenter_vit_small_mask_ade20k_512x512_160k.yml", "Strudel et al., ICCV 2021", (512, 512)),
    ("setr/setr_naive_large_cityscapes_769x769_40k.yml", "Zheng et al., CVPR 2021", (512, 1024)),
    ("setr/setr_pup_large_cityscapes_769x769_40k.yml", "Zheng et al., CVPR 2021", (512, 1024)),
    ("setr/setr_mla_large_cityscapes_769x769_40k.yml", "Zheng et al., CVPR 2021", (512, 1024)),
    ("maskformer/maskformer_swin_tiny_ade20k_512x512_160k.yml", "Cheng et al., NeurIPS 2021", (512, 512)),
    ("knet/knet_s3_fcn_resnet50_ade20k_512x512_80k.yml", "Zhang et al., NeurIPS 2021", (512, 512)),
    ("knet/knet_s3_upernet_resnet50_ade20k_512x512_80k.yml", "Zhang et al., NeurIPS 2021", (512, 512)),
    ("cae/upernet_cae_base_ade20k_512x512_160k.yml", "Chen et al., IJCV 2023", (512, 512)),
    ("vit_adapter/upernet_vit_adapter_tiny_ade20k_512x512_160k.yml", "Chen et al., ICLR 2023", (512, 512)),
    ("hardnet/hardnet_cityscapes_1024x1024_160k.yml", "Chao et al., ICCV 2019", (512, 1024)),
    ("espnetv1/espnetv1_cityscapes_1024x512_120k.yml", "Mehta et al., ECCV 2018", (512, 1024)),
    ("espnet/espnet_cityscapes_1024x512_120k.yml", "Mehta et al., CVPR 2019", (512, 1024)),
    ("enet/enet_cityscapes_1024x512_80k.yml", "Paszke et al., arXiv 1606.02147", (512, 1024)),
    ("segnet/segnet_cityscapes_1024x512_80k.yml", "Badrinarayanan et al., PAMI 2017", (512, 1024)),
    ("attention_unet/attention_unet_cityscapes_1024x512_80k.yml", "Oktay et al., MIDL 2018", (512, 1024)),
    ("unet_plusplus/unet_plusplus_cityscapes_1024x512_160k.yml", "Zhou et al., DLMIA 2018", (512, 1024)),
    ("unet_3plus/unet_3plus_cityscapes_1024x512_160k.yml", "Huang et al., ICASSP 2020", (512, 1024)),
    ("pointrend/pointrend_resnet50_os8_cityscapes_1024x512_80k.yml", "Kirillov et al., CVPR 2020", (512, 1024)),
    ("uhrnet/fcn_uhrnetw18_small_cityscapes_1024x512_80k.yml", "Wang et al., arXiv 2210.07140", (512, 1024)),
    ("mobileseg/mobileseg_litehrnet18_cityscapes_1024x512_80k.yml", "Yu et al., CVPR 2021", (512, 1024)),
    ("mla_transformer/mla_resnet18_cityscapes_1024x512_80k.yml", "Zheng et al., CVPR 2021", (512, 1024)),
    ("u2net/u2net_cityscapes_1024x512_160k.yml", "Qin et al., Pattern Recognition 2020", (512, 1024)),
    ("u2net/u2netp_cityscapes_1024x512_160k.yml", "Qin et al., Pattern Recognition 2020", (512, 1024)),
    ("decoupled_segnet/decoupledsegnet_resnet50_os8_cityscapes_1024x512_80k.yml", "Li et al., ECCV 2020", (512, 1024)),
    ("pidnet/pidnet_small_cityscapes_1024x1024_120k.yml", "Xu et al., CVPR 2023", (512, 1024)),
    ("pidnet/pidnet_medium_cityscapes_1024x1024_120k.yml", "Xu et al., CVPR 2023", (512, 1024)),
    ("seaformer/seaformer_tiny_ade20k_512x512_160k.yml", "Wan et al., ICLR 2023", (512, 512)),
    ("seaformer/seaformer_base_ade20k_512x512_160k.yml", "Wan et al., ICLR 2023", (512, 512)),
    ("efficientformerv2/efficientformerv2_s0_ade20k_512x512_40k.yml", "Li et al., ICCV 2023", (512, 512)),
    ("efficientformerv2/efficientformerv2_s2_ade20k_512x512_40k.yml", "Li et al., ICCV 2023", (512, 512)),
]
MATTES: list[tuple[str, str, tuple[int, int]]] = [
    ("matting/portrait_matting.yml", "ours, on `zoo://portrait`", (512, 512)),
    ("matting/modnet-mobilenetv2.yml", "Ke et al., AAAI 2022", (512, 512)),
    ("matting/modnet-resnet50_vd.yml", "Ke et al., AAAI 2022", (512, 512)),
    ("matting/modnet-hrnet_w18.yml", "Ke et al., AAAI 2022", (512, 512)),
    ("matting/ppmatting-hrnet_w18-human_512.yml", "Chen et al., arXiv 2204.09433", (512, 512)),
    ("matting/ppmatting-hrnet_w48-distinctions.yml", "Chen et al., arXiv 2204.09433", (512, 512)),
    ("matting/ppmattingv2-stdc1-human_512.yml", "PaddleSeg", (512, 512)),
    ("matting/human_matting-resnet34_vd.yml", "PaddleSeg", (512, 512)),
    ("matting/dim-vgg16.yml", "Xu et al., CVPR 2017", (512, 512)),
    ("matting/gca-resnet.yml", "Li and Lu, AAAI 2020", (512, 512)),
    ("matting/rvm-mobilenetv3.yml", "Lin et al., WACV 2022", (512, 512)),
    ("matting/rvm-resnet50.yml", "Lin et al., WACV 2022", (512, 512)),
]


def table(recipes: Sequence[tuple[str, str, tuple[int, int]]]) -> str:
    """One row for each recipe."""
    lines = ["| network | recipe | paper | input | parameters | G multiply-adds |", "|---|---|---|---|---:|---:|"]
    for name, paper, (h, w) in recipes:
        config = load_config(ROOT / "configs" / name)
        cost = count(Builder(config).untrained_model(), (1, 3, h, w))
        section = config.to_dict()["model"]
        backbone = section.get("backbone")
        network = section["type"] + (f" on {backbone['type']}" if backbone else "")
        figures = f"{cost.parameters / 1e6:.2f} M | {cost.macs / 1e9:.3f}"
        lines.append(f"| {network} | `configs/{name}` | {paper} | {h}x{w} | {figures} |")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the page is not up to date")
    args = parser.parse_args()
    old = PAGE.read_text(encoding="utf-8")
    new = old
    for start, recipes in ((START, RECIPES), (START_MATTES, MATTES)):
        before, _, rest = new.partition(start)
        new = f"{before}{start}{table(recipes)}\n{END}{rest.partition(END)[2]}"
    if args.check:
        if new != old:
            print(f"{PAGE} is not what the recipes give: python tools/docs/network_table.py", file=sys.stderr)
        return int(new != old)
    atomic_write_text(PAGE, new)
    return 0


if __name__ == "__main__":
    sys.exit(main())
