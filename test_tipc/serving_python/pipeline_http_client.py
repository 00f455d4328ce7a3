"""Ask a server started by `paddleseg serve` for the mask of a photo, and check that it is one.

python test_tipc/serving_python/pipeline_http_client.py --url http://127.0.0.1:9998 --img_path me.jpg
"""

from __future__ import annotations

import argparse
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from paddleseg.errors import ExportError
from paddleseg.images.io import read_image
from paddleseg.program import reports_mistakes

_TIMEOUT_S, _PAUSE_S = 60, 0.5


def ask(url: str, photo: bytes, patience_s: float) -> bytes:
    """The server's answer; a server that still starts is waited for.

    Raises:
        ExportError: It refuses, or does not answer in time.
    """
    request = urllib.request.Request(f"{url}/segment?output=mask", photo, {"Content-Type": "image/jpeg"})
    end = time.monotonic() + patience_s
    while True:
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            raise ExportError(url, f"refuses: {error.code} {error.reason}", "its log says why") from error
        except OSError as error:
            if time.monotonic() > end:
                raise ExportError(url, f"does not answer: {error}", "its log says why") from error
            time.sleep(_PAUSE_S)


@reports_mistakes
def main(given: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="http://127.0.0.1:9998", help="of the server (default: %(default)s)")
    parser.add_argument("--img_path", required=True, metavar="FILE", help="a JPEG")
    parser.add_argument(
        "--patience", type=float, default=120, metavar="S", help="to wait for it (default: %(default)s)"
    )
    args = parser.parse_args(given)
    size = read_image(args.img_path).shape[:2]
    answer = ask(args.url, Path(args.img_path).read_bytes(), args.patience)
    mask = cv2.imdecode(np.frombuffer(answer, np.uint8), cv2.IMREAD_UNCHANGED)
    if mask is None or mask.shape[:2] != size:
        raise ExportError(
            args.url, f"answers with something else than a mask of {size[1]}x{size[0]}", "look at its log"
        )
    print(f"{args.img_path}: a mask of {size[1]}x{size[0]}, {(mask > 0).mean():.1%} of it a person")
    return 0


if __name__ == "__main__":
    sys.exit(main())
