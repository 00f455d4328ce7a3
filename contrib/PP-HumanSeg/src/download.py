"""What the three download scripts share: PaddleSeg's archives of portrait segmentation, fetched and unpacked."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from paddleseg.program import reports_mistakes
from paddleseg.utils.download import download_file_and_uncompress

_PLACE = "https://paddleseg.bj.bcebos.com/"
V2 = "dygraph/pp_humanseg_v2/"
_SMALLER = f"{V2}portrait_pp_humansegv2_lite_256x144_smaller/"


@reports_mistakes
def fetch(names: Iterable[str], folder: str) -> int:
    """Unpack the archives called `names` below `folder` in the working directory."""
    for name in names:
        place = str(Path(folder).absolute())
        download_file_and_uncompress(f"{_PLACE}{name}.zip", savepath=place, extrapath=place)
    print(f"{folder} holds them.")
    return 0


def models(names: Iterable[str], ending: str) -> list[str]:
    """The archives of networks, by the networks' names."""
    moved = "portrait_pp_humansegv2_lite_256x144"
    return [f"{_SMALLER if name == moved else V2}{name}_{ending}" for name in names]
