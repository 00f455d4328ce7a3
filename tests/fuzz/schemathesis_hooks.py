"""Real photos for schemathesis, which would send random bytes as pictures.

    paddleseg serve --port 8000
    SCHEMATHESIS_HOOKS=tests.fuzz.schemathesis_hooks schemathesis run http://127.0.0.1:8000/openapi.json
"""

from __future__ import annotations

from pathlib import Path

import schemathesis
from hypothesis import strategies

PHOTOS = Path(__file__).resolve().parents[2] / "data" / "portrait_mini" / "images"

pictures = strategies.sampled_from([path.read_bytes() for path in sorted(PHOTOS.glob("*.jpg"))[:5]])
schemathesis.openapi.format("binary", pictures)
for kind in ("image/jpeg", "image/png", "image/webp", "application/octet-stream"):
    schemathesis.openapi.media_type(kind, pictures)
