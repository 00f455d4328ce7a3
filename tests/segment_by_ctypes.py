"""Runs deploy/cpp through its C interface, as a program in another language would.

python tests/segment_by_ctypes.py LIBSEGMENT MODEL RUNTIME PHOTOS.npz RESULTS.npz
"""

from __future__ import annotations

import ctypes as c
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np


class Options(c.Structure):
    _fields_ = (
        ("runtime", c.c_char_p),
        ("device", c.c_char_p),
        ("device_id", c.c_int),
        ("threads", c.c_int),
        ("tensorrt", c.c_int),
        ("precision", c.c_char_p),
    )


class Segment:
    """The functions of segment.h."""

    def __init__(self, library: str):
        self.c = c.CDLL(library)
        self.c.segment_error.restype = c.c_char_p
        self.c.segment_open.argtypes = [c.c_char_p, c.POINTER(Options), c.POINTER(c.c_void_p)]
        self.c.segment_run.argtypes = [
            c.c_void_p, c.c_void_p, c.c_int, c.c_int, c.c_ssize_t, c.POINTER(c.c_void_p),
        ]  # fmt: skip
        for name in ("segment_close", "segment_free", "segment_channels"):
            getattr(self.c, name).argtypes = [c.c_void_p]
        for name, kind in (("mask", c.c_uint8), ("opacity", c.c_uint8), ("prob", c.c_float)):
            function = getattr(self.c, f"segment_{name}")
            function.argtypes, function.restype = [c.c_void_p], c.POINTER(kind)
        self.c.segment_timing.argtypes = [c.c_void_p, c.POINTER(c.c_double)]

    def error(self) -> str:
        return self.c.segment_error().decode()

    def open(self, path: str, options: Options | None = None) -> c.c_void_p | None:
        """A predictor; None where that fails."""
        predictor = c.c_void_p()
        failed = self.c.segment_open(path.encode(), options, c.byref(predictor))
        return None if failed else predictor

    def run(self, predictor: c.c_void_p, photo: np.ndarray) -> dict[str, np.ndarray]:
        """Mask, opacity and probability of a photo, whose rows may be far apart."""
        h, w = photo.shape[:2]
        result = c.c_void_p()
        failed = self.c.segment_run(predictor, photo.ctypes.data, h, w, photo.strides[0], c.byref(result))
        assert not failed, self.error()
        found = {
            name: np.ctypeslib.as_array(getattr(self.c, f"segment_{name}")(result), (h, w)).copy()
            for name in ("mask", "opacity", "prob")
        }
        timing = (c.c_double * 3)()
        self.c.segment_timing(result, timing)
        assert all(each > 0 for each in timing)
        self.c.segment_free(result)
        return found


def main(library: str, model: str, runtime: str, photos: str, results: str) -> None:
    segment = Segment(library)
    assert segment.open("no/such/folder") is None
    assert segment.error().startswith("no/such/folder: does not exist\n  hint: ")
    assert segment.open(model, Options(device=b"gpu")) is None and "--device gpu" in segment.error()
    assert segment.open(model, Options(runtime=b"abacus")) is None
    assert segment.error() == "runtime: should be onnx or paddle, not abacus"
    predictor = segment.open(model, Options(runtime=runtime.encode(), threads=1))
    assert predictor is not None, segment.error()
    assert segment.error() == "" and segment.c.segment_channels(predictor) == 3
    result = c.c_void_p(1)
    assert segment.c.segment_run(predictor, None, 4, 4, 0, c.byref(result)) == 2
    assert segment.error().startswith("pixels: is a null pointer")
    pixels = np.zeros((4, 4, 3), np.uint8).ctypes.data
    for h, w, stride in ((0, 4, 0), (4, -1, 0), (4, 4, 5)):
        assert segment.c.segment_run(predictor, pixels, h, w, stride, c.byref(result)) == 2 and segment.error()
    segment.c.segment_free(None), segment.c.segment_close(None)
    with np.load(photos) as file:
        given = [file[name] for name in file.files]
    found = [segment.run(predictor, photo) for photo in given]
    wide = np.zeros((given[0].shape[0], given[0].shape[1] + 7, 3), np.uint8)
    wide[:, :-7] = given[0]
    np.testing.assert_array_equal(segment.run(predictor, wide[:, :-7])["mask"], found[0]["mask"])
    with ThreadPoolExecutor(4) as pool:  # ctypes lets the others go on meanwhile
        for number, other in enumerate(pool.map(lambda photo: segment.run(predictor, photo), given * 4)):
            for name, values in found[number % len(given)].items():
                np.testing.assert_array_equal(other[name], values)
    segment.c.segment_close(predictor)
    np.savez(results, **{f"{name}{i}": values for i, each in enumerate(found) for name, values in each.items()})


if __name__ == "__main__":
    main(*sys.argv[1:])
