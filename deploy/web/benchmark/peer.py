"""MediaPipe's Selfie model as its Tasks API takes it: with metadata that says how its input is scaled.

python benchmark/peer.py selfie_segmentation_landscape.tflite OUT.tflite   # needs `pip install mediapipe==0.10.14`
"""

from __future__ import annotations

import sys
from pathlib import Path

from mediapipe.tasks.python.metadata.metadata_writers import image_segmenter


def main() -> None:
    source, target = sys.argv[1:3]
    writer = image_segmenter.MetadataWriter.create(bytearray(Path(source).read_bytes()), [0.0], [255.0], None, None)
    Path(target).write_bytes(writer.populate()[0])


if __name__ == "__main__":
    main()
