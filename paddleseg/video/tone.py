"""HDR as ordinary screens show it: light that is brighter than their white is rolled off instead of cut."""

from __future__ import annotations

import numpy as np

_STEPS = 33
_WHITE = 203.0
"""Candela per square metre of paper white in HDR (ITU-R BT.2408)."""
_PEAK = 1000.0
_KNEE = 0.7
"""Share of white up to which light is left as it is."""
_BT2020_TO_BT709 = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]], np.float64
)


def lookup_table(curve: str) -> str:
    """From HDR's numbers to BT.709's, as a `.cube` file, red fastest.

    Args:
        curve: "pq" (SMPTE ST 2084) or "hlg" (ARIB STD-B67); both with BT.2020's primaries.
    """
    step = np.linspace(0, 1, _STEPS)
    blue, green, red = np.meshgrid(step, step, step, indexing="ij")
    numbers = np.stack([red, green, blue], axis=-1).reshape(-1, 3)
    light = (_pq if curve == "pq" else _hlg)(numbers) / _WHITE
    shown = np.clip(_rolled_off(light) @ _BT2020_TO_BT709.T, 0, 1) ** (1 / 2.4)
    lines = [f"{r:.6f} {g:.6f} {b:.6f}" for r, g, b in shown]
    return "\n".join([f"LUT_3D_SIZE {_STEPS}", *lines, ""])


def _rolled_off(light: np.ndarray) -> np.ndarray:
    """The brightest of red, green and blue bent to end at white; all three by one factor, so that hues stay."""
    brightest = np.maximum(light.max(axis=-1, keepdims=True), 1e-9)
    above = np.maximum(brightest - _KNEE, 0)
    bent = np.where(above > 0, _KNEE + (1 - _KNEE) * (1 - np.exp(-above / (1 - _KNEE))), brightest)
    return light * (bent / brightest)


def _pq(numbers: np.ndarray) -> np.ndarray:
    """Candela per square metre, by SMPTE ST 2084."""
    m1, m2 = 2610 / 16384, 2523 / 4096 * 128
    c1, c2, c3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
    power = numbers ** (1 / m2)
    return 10000 * (np.maximum(power - c1, 0) / (c2 - c3 * power)) ** (1 / m1)


def _hlg(numbers: np.ndarray) -> np.ndarray:
    """Candela per square metre on a screen of 1,000, by ITU-R BT.2100."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(numbers <= 0.5, numbers**2 / 3, (np.exp((numbers - c) / a) + b) / 12)
    luminance = scene @ np.array([0.2627, 0.6780, 0.0593])
    return _PEAK * scene * np.maximum(luminance, 1e-9)[:, None] ** 0.2
