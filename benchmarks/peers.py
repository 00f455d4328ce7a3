"""Portrait networks of others, from their published files: how each is fed, in one place.

A peer is known by its file. MediaPipe's `.tflite` need `pip install ai-edge-litert`, the others ONNX Runtime. All run
with the threads asked for and float32 weights as published.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np


@dataclass(frozen=True)
class Peer:
    """A network that gives the probability of a person.

    Args:
        name: What tables call it.
        size: (h, w) of its input.
        prepare: An RGB uint8 picture of that size to its input tensor.
        infer: The input tensor to its raw output.
        finish: The raw output to probabilities (h, w).
    """

    name: str
    size: tuple[int, int]
    prepare: Callable[[np.ndarray], np.ndarray]
    infer: Callable[[np.ndarray], np.ndarray]
    finish: Callable[[np.ndarray], np.ndarray]

    def __call__(self, rgb: np.ndarray) -> np.ndarray:
        """The probability of a person at every pixel of a photo, (H, W) float32."""
        small = cv2.resize(rgb, self.size[::-1], interpolation=cv2.INTER_LINEAR)
        prob = self.finish(self.infer(self.prepare(small)))
        return cv2.resize(prob.astype(np.float32), rgb.shape[1::-1], interpolation=cv2.INTER_LINEAR)


@dataclass(frozen=True)
class _Known:
    """A published file: its name, and how it is fed and read."""

    file: str
    name: str
    size: tuple[int, int]
    prepare: Callable[[np.ndarray], np.ndarray]
    finish: Callable[[np.ndarray], np.ndarray]


def _centred(rgb: np.ndarray) -> np.ndarray:
    return (rgb.astype(np.float32) / 127.5 - 1).transpose(2, 0, 1)[None]


def _unit_nhwc(rgb: np.ndarray) -> np.ndarray:
    return rgb.astype(np.float32)[None] / 255


def _mean_bgr(rgb: np.ndarray) -> np.ndarray:
    mean = np.array([104.008, 116.669, 122.675], np.float32)
    return (rgb[..., ::-1].astype(np.float32) - mean).transpose(2, 0, 1)[None]


def _second_channel(output: np.ndarray) -> np.ndarray:
    return output[0, 1]


def _single(output: np.ndarray) -> np.ndarray:
    return output.reshape(output.shape[1:3] if output.shape[-1] == 1 else output.shape[2:])


_KNOWN = [
    _Known("selfie_segmentation.tflite", "MediaPipe general", (256, 256), _unit_nhwc, _single),
    _Known("selfie_segmentation_landscape.tflite", "MediaPipe landscape", (144, 256), _unit_nhwc, _single),
    _Known(
        "human_segmentation_pphumanseg_2023mar_from_int8bq_fp32.onnx",
        "PP-HumanSeg V1 Mobile",
        (192, 192),
        _centred,
        _second_channel,
    ),
    _Known("ppseg_onnx_humanseg_cpp.onnx", "PP-HumanSeg V1 Lite", (192, 192), _centred, _second_channel),
    _Known("humanseg_lite_192.onnx", "HumanSeg Lite (Paddle.js)", (192, 192), _mean_bgr, _second_channel),
    _Known("modnet.onnx", "MODNet", (512, 512), _centred, _single),
]


def find_peers(folder: Path, threads: int = 1) -> list[Peer]:
    """The peers whose files lie in `folder` or below it."""
    found = []
    for known in _KNOWN:
        for path in sorted(folder.rglob(known.file))[:1]:
            runner = _tflite if path.suffix == ".tflite" else _onnx
            found.append(Peer(known.name, known.size, known.prepare, runner(path, threads), known.finish))
    return found


def _onnx(path: Path, threads: int) -> Callable[[np.ndarray], np.ndarray]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = threads, 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda tensor: session.run(None, {name: tensor})[0]


def _tflite(path: Path, threads: int) -> Callable[[np.ndarray], np.ndarray]:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(path), num_threads=threads)
    interpreter.allocate_tensors()
    given, gives = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]

    def infer(tensor: np.ndarray) -> np.ndarray:
        interpreter.set_tensor(given, tensor)
        interpreter.invoke()
        return interpreter.get_tensor(gives)

    return infer
