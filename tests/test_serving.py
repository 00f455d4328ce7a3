"""Model servers: the configurations of Triton and of Paddle Serving, and what their clients get."""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format
from test_cli import PHOTO, ROOT

from paddleseg import zoo
from paddleseg.card import Card, Output, load_card, save_card
from paddleseg.card.schema import Files
from paddleseg.cli.main import main as paddleseg
from paddleseg.images.io import read_image
from paddleseg.inference.predictor import Predictor

SERVING = ROOT / "deploy" / "serving"
NUMPY = {"TYPE_FP32": np.float32, "TYPE_UINT8": np.uint8, "TYPE_INT32": np.int32, "TYPE_INT64": np.int64}


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, SERVING / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where its dataclasses look for their names
    spec.loader.exec_module(module)
    return module


triton, serving, client = script("triton_repository"), script("paddle_serving"), script("client")


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `export --to onnx` of the packed weights writes, as far as servers read it."""
    folder = tmp_path_factory.mktemp("export")
    card = zoo.card("portrait")
    shutil.copy(zoo.onnx_path("portrait"), folder / "model.onnx")
    save_card(card.model_copy(update={"files": Files(onnx="model.onnx"), "sha256": ""}), folder / "inference.yml")
    return folder


def picture_graph(path: Path) -> Path:
    """A graph from a picture (H, W, 3) uint8 to a mask (H, W) uint8, as `export --embed` writes them."""
    helper, kind = onnx.helper, onnx.TensorProto.UINT8
    nodes = [
        helper.make_node("Cast", ["image"], ["floats"], to=onnx.TensorProto.FLOAT),
        helper.make_node("ReduceMax", ["floats"], ["brightest"], axes=[2], keepdims=0),
        helper.make_node("Greater", ["brightest", "half"], ["yes"]),
        helper.make_node("Cast", ["yes"], ["mask"], to=kind),
    ]
    half = helper.make_tensor("half", onnx.TensorProto.FLOAT, [], [127.5])
    values = [helper.make_tensor_value_info(n, kind, s) for n, s in (("image", ["h", "w", 3]), ("mask", ["h", "w"]))]
    graph = helper.make_graph(nodes, "picture", values[:1], values[1:], [half])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
    return path


def write(exported: Path, root: Path, *flags: str) -> Path:
    assert triton.main(["--config", str(exported), "--repository", str(root), *flags]) == 0
    return root


class TestTriton:
    @pytest.fixture(scope="class")
    def schema(self) -> Any:
        try:
            return importlib.import_module("tritonclient.grpc.model_config_pb2")
        except Exception as error:  # protobuf raises a kind of its own where it is older than the package's
            pytest.skip(f"Triton's schema was NOT asked: {error}")

    @pytest.mark.parametrize("platform", ["onnx", "onnx_tensorrt", "tensorrt_plan"])
    def test_the_configurations_are_of_tritons_schema(self, exported: Path, tmp_path: Path, platform: str, schema: Any):
        (tmp_path / "engine").write_bytes(b"an engine")
        flags = ["--platform", platform, "--precision", "fp16", "--max_batch_size", "4", "--name", "people"]
        root = write(exported, tmp_path / "r", *flags, "--plan", str(tmp_path / "engine"))
        graph, asked = (self.config(root / name, schema) for name in ("people_graph", "people"))
        assert asked.platform == "ensemble" and (root / "people/1").is_dir()
        assert graph.max_batch_size == asked.max_batch_size == 4
        assert graph.dynamic_batching.max_queue_delay_microseconds == 2000
        assert [item.name for item in (*asked.input, *asked.output)] == ["x", "main"]
        step = asked.ensemble_scheduling.step[0]
        assert step.model_name == "people_graph" and dict(step.input_map) == {graph.input[0].name: "x"}
        assert dict(step.output_map) == {graph.output[0].name: "main"}
        file = "model.plan" if platform == "tensorrt_plan" else "model.onnx"
        assert (root / "people_graph/1" / file).is_file()
        accelerators = graph.optimization.execution_accelerators.gpu_execution_accelerator
        assert [item.parameters["precision_mode"] for item in accelerators] == ["FP16"] * (platform == "onnx_tensorrt")
        kinds = schema.ModelInstanceGroup.Kind.Name(graph.instance_group[0].kind)
        assert kinds == ("KIND_CPU" if platform == "onnx" else "KIND_GPU")

    def test_onnx_runtime_takes_and_gives_what_they_say(self, exported: Path, tmp_path: Path, schema: Any):
        root = write(exported, tmp_path)
        self.run_as_told(root / "portrait_graph", self.config(root / "portrait_graph", schema))

    def test_a_graph_of_pictures_takes_one_at_a_time(self, exported: Path, tmp_path: Path, schema: Any):
        graph = triton.read_graph(picture_graph(tmp_path / "model.onnx"), (), ())
        args = triton.arguments(["--config", str(exported), "--repository", str(tmp_path)])
        (tmp_path / "m/1").mkdir(parents=True)
        shutil.copy(graph.file, tmp_path / "m/1/model.onnx")
        (tmp_path / "m/config.pbtxt").write_text(triton.graph_config("m", graph, args))
        config = self.config(tmp_path / "m", schema)
        assert config.max_batch_size == 0 and not config.HasField("dynamic_batching")
        assert list(config.input[0].dims) == [-1, -1, 3]
        self.run_as_told(tmp_path / "m", config)

    def test_an_export_with_such_a_graph_is_served_by_it(self, exported: Path, tmp_path: Path):
        card, _ = load_card(exported)
        picture_graph(tmp_path / "model.embedded.onnx")
        shutil.copy(exported / "model.onnx", tmp_path)
        files = card.files.model_copy(update={"embedded": "model.embedded.onnx"})
        card = card.model_copy(update={"files": files})
        assert triton.graph_of(card, tmp_path, "onnx").inputs[0].name == "image"
        assert triton.graph_of(card, tmp_path, "tensorrt_plan").inputs[0].name != "image"

    def test_other_models_stay(self, exported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
        (tmp_path / "portrait").mkdir()
        (tmp_path / "portrait" / "mine").touch()
        assert triton.main(["--config", str(exported), "--repository", str(tmp_path)]) == 2
        assert "portrait: is there already" in capsys.readouterr().err
        assert [path.name for path in tmp_path.rglob("*")] == ["portrait", "mine"]

    def test_an_engine_that_is_not_there_is_told_how_to_make(
        self, exported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ):
        flags = ["--config", str(exported), "--repository", str(tmp_path / "r"), "--platform", "tensorrt_plan"]
        assert triton.main(flags) == 2
        assert "whose size follows the picture" in capsys.readouterr().err
        card, _ = load_card(exported)
        fixed = card.model_copy(update={"inputs": [card.input.model_copy(update={"size": (96, 160)})]})
        shutil.copy(exported / "model.onnx", tmp_path)
        save_card(fixed, tmp_path / "inference.yml")
        assert triton.main([*flags, "--config", str(tmp_path)]) == 2
        said = capsys.readouterr().err
        assert "trtexec --onnx=" in said and "--optShapes=x:8x3x96x160" in said
        assert not (tmp_path / "r").exists()

    @pytest.mark.slow
    @pytest.mark.skipif("PADDLESEG_TRITON" not in os.environ, reason="PADDLESEG_TRITON names no tritonserver program")
    def test_triton_serves_the_masks_of_infer(self, exported: Path, tmp_path: Path):
        """With a Triton that has the ONNX Runtime backend, such as that of NVIDIA's image."""
        pytest.importorskip("tritonclient.http")
        root, port = write(exported, tmp_path / "repository"), free_port()
        ports = [f"--http-port={port}", "--allow-grpc=false", "--allow-metrics=false", "--exit-timeout-secs=2"]
        server = subprocess.Popen([os.environ["PADDLESEG_TRITON"], f"--model-repository={root}", *ports])
        try:
            wait_for(f"http://127.0.0.1:{port}/v2/health/ready", server)
            asked = client.predictor(f"127.0.0.1:{port}", "portrait", "triton", str(exported))
            wanted = Predictor.from_export(exported, "onnx", threads=1)
            for path in sorted((ROOT / "data/portrait_mini/images").iterdir())[:5]:
                photo = read_image(path)
                np.testing.assert_array_equal(asked(photo).mask, wanted(photo).mask)
        finally:
            server.terminate()
            server.wait(60)

    @staticmethod
    def config(folder: Path, schema: Any) -> Any:
        config = text_format.Parse((folder / "config.pbtxt").read_text(), schema.ModelConfig())
        assert config.name == folder.name or folder.name == "m"
        return config

    @staticmethod
    def run_as_told(folder: Path, config: Any) -> None:
        session = onnxruntime.InferenceSession(str(folder / "1/model.onnx"), providers=["CPUExecutionProvider"])
        for batch in (1, config.max_batch_size) if config.max_batch_size else (0,):
            given = {item.name: np.ones(sides(item, batch), numpy_type(item)) for item in config.input}
            found = session.run([item.name for item in config.output], given)
            for item, array in zip(config.output, found, strict=True):
                assert array.dtype == numpy_type(item) and list(array.shape) == sides(item, batch)


def numpy_type(item: Any) -> type:
    enum = item.DESCRIPTOR.fields_by_name["data_type"].enum_type
    return NUMPY[enum.values_by_number[item.data_type].name]


def sides(item: Any, batch: int) -> list[int]:
    """A shape that a tensor's configuration allows; 64 where a side is open."""
    return [*([batch] if batch else []), *(64 if side < 0 else side for side in item.dims)]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(url: str, server: subprocess.Popen[bytes], seconds: float = 90) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        assert server.poll() is None, "the server has ended"
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.5)
    raise AssertionError(f"{url} does not answer")


class TestPaddleServing:
    @pytest.fixture(scope="class")
    def legacy(self, tmp_path_factory: pytest.TempPathFactory) -> Path:
        folder = tmp_path_factory.mktemp("legacy") / "export"
        config = str(ROOT / "configs/pp_humanseg/pp_humanseg_lite_mini_portrait.yml")
        flags = ["--model_path", "zoo://pp_humanseg_v1_lite", "--format", "legacy", "--save_dir", str(folder)]
        assert paddleseg(["export", "--config", config, *flags]) == 0
        return folder

    @pytest.fixture(scope="class")
    def folders(self, legacy: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
        place = tmp_path_factory.mktemp("serving") / "out"
        assert serving.main(["--config", str(legacy), "--save_dir", str(place)]) == 0
        return place

    @pytest.mark.slow
    def test_the_configurations_are_of_its_schema(self, folders: Path):
        for name in ("serving_server", "serving_client"):
            config = text_format.Parse((folders / name / f"{name}_conf.prototxt").read_text(), general_model_config())
            assert [item.alias_name for item in (*config.feed_var, *config.fetch_var)] == ["x", "main"]
            assert config.feed_var[0].feed_type == config.fetch_var[0].fetch_type == 1

    def test_another_form_of_graph_is_refused(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
        (tmp_path / "inference.yml").write_text("card: 2\nfiles: {graph: model.json, params: model.pdiparams}\n")
        for name in ("model.json", "model.pdiparams"):
            (tmp_path / name).touch()
        assert serving.main(["--config", str(tmp_path), "--save_dir", str(tmp_path / "out")]) == 2
        assert "export with --format legacy" in capsys.readouterr().err

    @pytest.mark.slow
    def test_the_client_gives_the_masks_of_infer(self, folders: Path, legacy: Path):
        """Its requests are answered here as the server's documentation tells, by the graph that it would load."""
        with ServedHere(folders, load_card(legacy)[0]) as url:
            asked = client.predictor(url, "", "paddle_serving", str(legacy))
            photo = read_image(ROOT / PHOTO)
            np.testing.assert_array_equal(asked(photo).mask, Predictor.from_export(legacy, "paddle")(photo).mask)

    def test_what_it_is_told(self):
        """Its schema's numbers: 1 is float32, 2 is int32."""
        text = serving.served(Card(), ["x"], ["concat_0.tmp_0"])
        config = text_format.Parse(text, general_model_config())
        assert config.feed_var[0].feed_type == 1 and list(config.feed_var[0].shape) == [3]
        assert (config.fetch_var[0].name, config.fetch_var[0].alias_name) == ("concat_0.tmp_0", "main")
        classes = Card(outputs=[Output(kind="argmax")])
        text = serving.served(classes, ["x"], ["arg_max_0"])
        assert text_format.Parse(text, general_model_config()).fetch_var[0].fetch_type == 2

    def test_a_server_that_is_not_there_is_named(
        self, exported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ):
        flags = ["--url", f"127.0.0.1:{free_port()}", "--protocol", "paddle_serving", "--config", str(exported)]
        assert client.main([*flags, "--image_path", str(ROOT / PHOTO), "--save_dir", str(tmp_path)]) == 2
        assert "gives no answer: " in capsys.readouterr().err


def general_model_config() -> Any:
    """An empty message of Paddle Serving's schema, as core/configure/proto/general_model_config.proto has it."""
    file = descriptor_pb2.FileDescriptorProto(name="general_model_config.proto", package="serving", syntax="proto2")
    kinds = descriptor_pb2.FieldDescriptorProto
    text, flag, whole = kinds.TYPE_STRING, kinds.TYPE_BOOL, kinds.TYPE_INT32
    once, many = kinds.LABEL_OPTIONAL, kinds.LABEL_REPEATED
    for name, side in (("FeedVar", "feed_type"), ("FetchVar", "fetch_type")):
        fields = [("name", text, once), ("alias_name", text, once), ("is_lod_tensor", flag, once)]
        message = file.message_type.add(name=name)
        for number, (field, kind, label) in enumerate([*fields, (side, whole, once), ("shape", whole, many)], 1):
            message.field.add(name=field, number=number, type=kind, label=label)
    config = file.message_type.add(name="GeneralModelConfig")
    for number, (field, kind) in enumerate((("feed_var", "FeedVar"), ("fetch_var", "FetchVar")), 1):
        config.field.add(name=field, number=number, type=kinds.TYPE_MESSAGE, label=many, type_name=f".serving.{kind}")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("serving.GeneralModelConfig"))()


class ServedHere:
    """Answers like Paddle Serving's C++ server, on a socket of its own, with the files that it was given."""

    def __init__(self, folders: Path, card: Card):
        from paddleseg.inference.runtimes.paddle import PaddleInference

        place = folders / "serving_server"
        config = text_format.Parse((place / "serving_server_conf.prototxt").read_text(), general_model_config())
        runtime = PaddleInference(place / "__model__", place / "__params__")
        feeds = {item.alias_name: item for item in config.feed_var}
        fetches = {item.alias_name: item for item in config.fetch_var}

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                assert self.path == "/GeneralModelService/inference"
                given = {}
                for item in asked["tensor"]:
                    assert item["elem_type"] == feeds[item["alias_name"]].feed_type
                    array = np.array(item["float_data"], np.float32).reshape(item["shape"])
                    given[feeds[item["alias_name"]].name] = array
                found = runtime.run(given)
                tensors = [
                    {"alias_name": name, "shape": list(array.shape), "float_data": array.ravel().tolist()}
                    for name in asked["fetch_var_names"]
                    for array in [found[fetches[name].name]]
                ]
                body = json.dumps({"outputs": [{"tensor": tensors}], "err_no": 0}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self) -> str:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return f"127.0.0.1:{self.server.server_port}"

    def __exit__(self, *error: object) -> None:
        self.server.shutdown()
        self.server.server_close()
