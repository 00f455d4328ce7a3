"""TensorRT within Paddle Inference: what of it runs on a CPU, and on a GPU its engines, their masks and their times."""

from __future__ import annotations

import json
import os
import re
import time
from pathlib import Path

import numpy as np
import pytest
from test_cli import ROOT

from paddleseg.card import Card, load_card
from paddleseg.card.schema import Input
from paddleseg.cli.main import main
from paddleseg.device import device_name
from paddleseg.errors import DeviceError, ExportError, PackageError
from paddleseg.images.io import read_image
from paddleseg.inference.predictor import Predictor
from paddleseg.inference.runtimes.paddle import PaddleOptions
from paddleseg.inference.runtimes.paddle_tensorrt import ShapeRange, ranges_for, read_shapes, require_tensorrt

CONFIG = "configs/pp_humanseg/pp_humanseg_lite_mini_portrait.yml"
PHOTOS = ROOT / "data/portrait_mini/images"
# The largest difference of a probability, and the largest share of a mask's pixels.
ALLOWED = {"fp32": (1e-3, 0.001), "fp16": (5e-3, 0.002), "int8": (0.5, 0.02)}
ENTRY = """shape_range_info {
  name: "x"
  min_shape: 1
  min_shape: 3
  min_shape: 96
  min_shape: 128
  max_shape: 1
  max_shape: 3
  max_shape: 192
  max_shape: 256
  opt_shape: 1
  opt_shape: 3
  opt_shape: 160
  opt_shape: 160
}
"""


def why_not() -> str:
    """Why no engine can be built here, for the reports of the tests that build some."""
    try:
        require_tensorrt(PaddleOptions("gpu"), converts=True)
    except (DeviceError, PackageError) as error:
        return f"TensorRT was NOT run: {error.problems[0].where}: {error.problems[0].what}"
    import paddle

    return "" if paddle.device.cuda.device_count() else "TensorRT was NOT run: no GPU is visible"


class TestShapes:
    def test_collected_ones_are_read_and_widened_to_the_batch(self, tmp_path: Path):
        file = tmp_path / "shapes.pbtxt"
        file.write_text(ENTRY)
        options = PaddleOptions(trt=True, shape_file=str(file), batch=4)
        assert ranges_for(Card(), options) == {"x": ShapeRange((1, 3, 96, 128), (1, 3, 160, 160), (4, 3, 192, 256))}

    @pytest.mark.parametrize("text", ["", "hello", ENTRY.replace("min_shape", "low"), "\x80" * 9, ENTRY[:100]])
    def test_what_holds_none_is_refused(self, tmp_path: Path, text: str):
        (tmp_path / "shapes.pbtxt").write_text(text, encoding="latin-1")
        with pytest.raises(ExportError, match=r"holds no shapes|cannot be read"):
            read_shapes(tmp_path / "shapes.pbtxt")

    def test_those_of_another_model_are_refused(self, tmp_path: Path):
        (tmp_path / "shapes.pbtxt").write_text(ENTRY)
        with pytest.raises(ExportError, match="says nothing of the input image"):
            ranges_for(Card(inputs=[Input(name="image")]), PaddleOptions(shape_file=str(tmp_path / "shapes.pbtxt")))

    def test_a_card_that_fixes_the_size_needs_no_file(self):
        item = Input(shape=[None, 3, None, None], size=(144, 256))
        shape = (1, 3, 144, 256)
        assert ranges_for(Card(inputs=[item]), PaddleOptions()) == {"x": ShapeRange(shape, shape, shape)}

    def test_a_card_that_leaves_it_open_asks_for_them(self):
        with pytest.raises(ExportError, match="add --enable_auto_tune True"):
            ranges_for(Card(), PaddleOptions())


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trt") / "export"
    flags = ["--model_path", "zoo://pp_humanseg_v1_lite", "--save_dir", str(folder)]
    assert main(["export", "--config", str(ROOT / CONFIG), *flags]) == 0
    return folder


@pytest.fixture
def named(tmp_path: Path) -> Path:
    """A card and the names of its files, which is all that is looked at before flags are refused."""
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "inference.yml").write_text(
        "card: 2\nfiles: {graph: model.json, params: model.pdiparams, onnx: model.onnx}\n"
    )
    for name in ("model.json", "model.pdiparams", "model.onnx"):
        (folder / name).touch()
    return folder


class TestOnTheCpu:
    @pytest.mark.slow
    def test_shapes_of_real_photos_are_collected(
        self, exported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ):
        listed = tmp_path / "photos.txt"
        listed.write_text("\n".join(str(path) for path in sorted(PHOTOS.iterdir())[:2]))
        file = tmp_path / "shapes.pbtxt"
        flags = ["--config", str(exported), "--image_path", str(listed), "--device", "cpu"]
        assert main(["collect_shapes", *flags, "--dynamic_shape_path", str(file)]) == 0
        assert "x: from [1, 3, 192, 192] to [1, 3, 192, 192]" in capsys.readouterr().out
        shape = (1, 3, 192, 192)
        assert read_shapes(file)["x"] == ShapeRange(shape, shape, shape)
        assert main(["collect_shapes", *flags, "--dynamic_shape_path", str(file)]) == 0  # they may be collected anew
        (tmp_path / "notes.pbtxt").write_text("mine")
        assert main(["collect_shapes", *flags, "--dynamic_shape_path", str(tmp_path / "notes.pbtxt")]) == 2
        assert "is there already, and holds no collected shapes" in capsys.readouterr().err
        assert (tmp_path / "notes.pbtxt").read_text() == "mine"
        assert main(["collect_shapes", *flags, "--dynamic_shape_path", str(listed)]) == 2
        assert listed.read_text().startswith(str(PHOTOS))

    @pytest.mark.parametrize(
        ("flags", "said"),
        [
            (["--use_trt"], r"TensorRT: .* was built without it"),
            (["--use_trt", "True", "--enable_auto_tune", "True"], r"TensorRT: .* was built without it"),
            (["--use_cinn"], r"CINN: .* was built without it"),
            (["--use_multilabel"], r"--use_multilabel: the graph ends in prob of classes that exclude each other"),
            (["--device", "gpu:1", "--runtime", "onnx"], r"takes the first of several devices only"),
            (["--min_subgraph_size", "0"], r"min_subgraph_size: should be at least 1, not 0"),
        ],
    )
    def test_a_flag_that_cannot_be_honoured_ends_with_2(
        self, named: Path, tmp_path: Path, flags: list[str], said: str, capsys: pytest.CaptureFixture[str]
    ):
        import paddle

        if paddle.is_compiled_with_cuda():
            pytest.skip("this Paddle has a GPU build, which honours more")
        photo, out = next(PHOTOS.iterdir()), tmp_path / "out"
        asked = ["--config", str(named), "--image_path", str(photo), "--save_dir", str(out), "--device", "cpu"]
        assert main(["infer", *asked, *flags, "--auto_tuned_shape_file", str(tmp_path / "a.pbtxt")]) == 2
        assert re.search(said, capsys.readouterr().err) and list(tmp_path.iterdir()) == [named]


@pytest.mark.gpu
@pytest.mark.skipif(bool(why_not()), reason=why_not())
class TestOnAGpu:
    """Engines of every precision. Their times go to PADDLESEG_TRT_REPORT, a JSON file, where that is set."""

    @pytest.mark.parametrize("precision", ["fp32", "fp16", "int8"])
    def test_engines_give_the_masks_of_the_cpu(self, exported: Path, precision: str):
        plain = Predictor.from_export(exported, options=PaddleOptions("cpu"))
        options = PaddleOptions("gpu", trt=True, precision=precision)  # type: ignore[arg-type]
        fast = Predictor.from_export(exported, options=options)
        most_prob, most_mask = ALLOWED[precision]
        photos = [read_image(path) for path in sorted(PHOTOS.iterdir())[:8]]
        for photo in photos:
            prepared = plain.prepare(photo)
            wanted, found = plain.run([prepared])[0], fast.run([prepared])[0]
            assert float(np.abs(wanted - found).max()) <= most_prob
            assert float(np.mean(plain(photo).mask != fast(photo).mask)) <= most_mask
        self.record(fast, photos[0], precision)

    def test_onnx_runtime_has_them_too(self, exported: Path):
        onnxruntime = pytest.importorskip("onnxruntime")
        card, folder = load_card(exported)
        if "TensorrtExecutionProvider" not in onnxruntime.get_available_providers() or card.files.onnx is None:
            pytest.skip("TensorRT was NOT run in ONNX Runtime: it has no such provider here")
        photo = read_image(sorted(PHOTOS.iterdir())[0])
        options = PaddleOptions("gpu", providers=("Tensorrt", "CUDA", "CPU"))
        fast, plain = Predictor.from_export(folder, "onnx", options=options), Predictor.from_export(folder, "onnx")
        assert float(np.mean(plain(photo).mask != fast(photo).mask)) <= 0.001

    @staticmethod
    def record(predictor: Predictor, photo: np.ndarray, precision: str) -> None:
        prepared = predictor.prepare(photo)
        times = []
        for _ in range(120):
            start = time.perf_counter()
            predictor.run([prepared])
            times.append(1000 * (time.perf_counter() - start))
        p50, p95 = np.percentile(times[20:], (50, 95)).round(3)
        print(f"TensorRT {precision}: p50 {p50} ms, p95 {p95} ms")
        if report := os.environ.get("PADDLESEG_TRT_REPORT"):
            import paddle

            known = json.loads(Path(report).read_text()) if Path(report).is_file() else {}
            gpu = paddle.device.cuda.get_device_name()
            known[precision] = {"gpu": gpu, "host": device_name(), "p50_ms": float(p50), "p95_ms": float(p95)}
            Path(report).write_text(json.dumps(known, indent=1))
