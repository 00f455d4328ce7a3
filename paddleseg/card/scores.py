"""What was measured of a model, each with the command that measured it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from paddleseg.card.part import Part, Share, Size


class Macs(Part):
    """Multiply-adds of one picture of `size` (h, w), as `paddleseg analyze` counts them."""

    size: Size
    count: Annotated[int, Field(gt=0)]


class Score(Part):
    """What an evaluation measured, in shares of 1.

    Args:
        data: The list of the images, as people know it.
        images: How many they are.
        size: (h, w) of the network's input.
        SC: Semantic connectivity (two classes); `SC_without_specks` and `components` as docs/reference/metrics.md
            tells.
        worst_tenth: Mean foreground IoU of the images of lowest IoU.
        flicker: Of clips, as docs/reference/metrics.md tells.
        parts: mIoU of parts of the data: by where the photos come from, by their shape.
        command: What was run, from the repository; `$DATA` stands for a folder of the reader's.
        commit: The state of the repository it was run at.
    """

    data: str
    images: Annotated[int, Field(gt=0)]
    size: Size
    mIoU: Share
    foreground_IoU: Share | None = None
    boundary_IoU: Share | None = None
    SC: Share | None = None
    SC_without_specks: Share | None = None
    components: Annotated[float, Field(ge=0)] | None = None
    worst_tenth: Share | None = None
    flicker: Share | None = None
    parts: dict[str, Share] = {}
    command: str
    commit: str


class MatteScore(Part):
    """Mean errors of mattes over images, as docs/howto/matting.md tells; SAD, Grad and Conn in thousands.

    Args:
        data: The list of the images, as people know it.
        images: How many they are.
        command: What was run, from the repository.
        commit: The state of the repository it was run at.
    """

    data: str
    images: Annotated[int, Field(gt=0)]
    SAD: Annotated[float, Field(ge=0)]
    MSE: Share
    Grad: Annotated[float, Field(ge=0)]
    Conn: Annotated[float, Field(ge=0)]
    command: str
    commit: str


class Latency(Part):
    """What one picture of `size` (h, w) takes the network alone; `cpu_ms` is the processor time of all threads."""

    device: str
    threads: Annotated[int, Field(gt=0)]
    runtime: Literal["dygraph", "paddle", "onnx", "lite", "tensorrt", "openvino", "tflite"]
    size: Size
    p50_ms: Annotated[float, Field(gt=0)]
    p95_ms: Annotated[float, Field(gt=0)]
    cpu_ms: Annotated[float, Field(gt=0)] | None = None
    command: str


class VerifiedExport(Part):
    """A runtime in which the exported model was run, and how far it was from the model in memory.

    Args:
        target: Of these "embedded" is the ONNX graph with the card's steps inside; its time is that of all of them.
        precision: Of the graph's weights, or of its convolutions; Paddle's graph is always in 32 bits.
        largest_difference: Of a probability; of a graph that gives classes, the share of pixels of another class.
        photos: How many real photos were looked at; none where the inputs were made up.
        mask_difference: The share of pixels of another class, in the photo where it is largest.
        mIoU_difference: What the mIoU of its masks lacks to 1, with the model's masks as labels.
        device, threads, p50_ms, p95_ms: What one photo takes the network alone, and where.
    """

    target: Literal["paddle", "onnx", "lite", "tensorrt", "openvino", "tflite", "embedded"]
    precision: Literal["fp32", "fp16", "int8"] = "fp32"
    largest_difference: Annotated[float, Field(ge=0)]
    photos: Annotated[int, Field(gt=0)] | None = None
    mask_difference: Share | None = None
    mIoU_difference: Share | None = None
    device: str = ""
    threads: Annotated[int, Field(gt=0)] | None = None
    p50_ms: Annotated[float, Field(gt=0)] | None = None
    p95_ms: Annotated[float, Field(gt=0)] | None = None
    command: str


class Measured(Part):
    """All figures of a model.

    Args:
        parameters: How many numbers training changes.
        scores, mattes: Of masks, and of networks of the task `matting`.
    """

    parameters: int | None = None
    macs: list[Macs] = []
    scores: list[Score] = []
    mattes: list[MatteScore] = []
    latency: list[Latency] = []
    verified_exports: list[VerifiedExport] = []
