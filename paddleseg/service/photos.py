"""Pictures that clients send: of three formats, of a bounded size, turned upright."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

from paddleseg.images.head import format_of, read_head
from paddleseg.service.problems import RefusedError, gathered

FORMATS = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
_MOST_SCANS = 100
"""Of a progressive JPEG, which cameras write with ten: each is work for all pixels, and takes few bytes."""
_START_OF_SCAN = b"\xff\xda"


@dataclass(frozen=True)
class Upload:
    """A picture's file as it was sent; `where` is what problems call it, since its name is nobody's business."""

    where: str
    content: bytes


def count_pixels(uploads: Sequence[Upload], most: int) -> int:
    """The pixels of all pictures together, from their heads alone: nothing is decoded.

    Raises:
        RefusedError: 415, one is no JPEG, PNG or WebP; 422, its head is damaged; 413, they are too many.
    """
    total, refusals = 0, []
    for upload in uploads:
        try:
            total += _pixels(upload)
        except RefusedError as error:
            refusals.append(error)
    if refusals:
        raise gathered(refusals)
    if total > most:
        what = (
            f"{'has' if len(uploads) == 1 else 'have together'} {total:,} pixels, and no more than {most:,} are taken"
        )
        raise RefusedError(
            413, ", ".join(upload.where for upload in uploads[:3]), what, "send a smaller picture, or fewer"
        )
    return total


def _pixels(upload: Upload) -> int:
    form = format_of(upload.content)
    if not upload.content:
        raise RefusedError(422, upload.where, "is empty", "send a picture's file")
    if form not in FORMATS:
        raise RefusedError(415, upload.where, "is no JPEG, PNG or WebP", "convert it to one of these")
    head = read_head(io.BytesIO(upload.content))
    if head is None:
        raise RefusedError(422, upload.where, "is broken: its head is damaged", "send it again")
    scans = upload.content.count(_START_OF_SCAN) if form == "JPEG" else 0
    if scans > _MOST_SCANS:
        raise RefusedError(422, upload.where, f"is a JPEG of {scans:,} scans", f"save it with {_MOST_SCANS} at most")
    h, w = head.stored
    return h * w
