"""The C++ program gives Python's masks, on both runtimes and through its C interface, and says what is wrong."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml
from PIL import Image

from paddleseg.images.io import read_image
from paddleseg.inference.predictor import Predictor
from tests import deploy_cpp_parts as parts

pytestmark = [
    pytest.mark.slow,  # two builds, one of them with sanitizers, take three minutes of processor time
    pytest.mark.timeout(3600),
    pytest.mark.skipif(bool(why := parts.missing()), reason=why),
]
needs_paddle = pytest.mark.skipif(bool(why := parts.paddle_missing()), reason=why)
ZOO = parts.ROOT / "paddleseg" / "zoo"
ALLOWED = 1e-3
"""Share of pixels of another class."""
NO_LEAKS = {"ASAN_OPTIONS": "detect_leaks=0"}


@pytest.fixture(scope="module", params=[parts.PLAIN, parts.CHECKED])
def kind(request: pytest.FixtureRequest) -> str:
    parts.build(request.param)
    return request.param


@pytest.fixture(scope="module")
def plain() -> Path:
    return parts.build(parts.PLAIN)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The portrait network as Paddle's graph and as ONNX."""
    from paddleseg.cli.main import main

    folder = tmp_path_factory.mktemp("cpp") / "export"
    flags = ["--config", "portrait_fast_finish", "--model_path", "zoo://portrait", "--to", "onnx"]
    assert main(["export", *flags, "--save_dir", str(folder)]) == 0
    return folder


@pytest.fixture(scope="module")
def photos(mini: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An upright photo, one across, and one of the size of a call; as files of a folder and of one below it."""
    folder = tmp_path_factory.mktemp("photos")
    (folder / "below").mkdir()
    found = {}
    for path in sorted((mini / "images").glob("*.jpg")):
        image = read_image(path)
        found.setdefault("upright" if image.shape[0] > image.shape[1] else "across", path)
    for name, path in found.items():
        (folder / f"{name}.jpg").write_bytes(path.read_bytes())
    large = cv2.resize(cv2.imread(str(found["across"])), (1280, 720), interpolation=cv2.INTER_CUBIC)
    cv2.imwrite(str(folder / "below" / "call.png"), large)
    return folder


def segment(kind: str, *flags: object) -> subprocess.CompletedProcess[str]:
    program = parts.BUILDS / kind / "segment"
    command, environment = [str(each) for each in (program, *flags)], parts.environment(kind)
    if "--video_path" in flags:  # what OpenCV tries for clips keeps some memory
        environment |= NO_LEAKS
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def succeed(kind: str, *flags: object) -> str:
    done = segment(kind, *flags)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def fail(kind: str, *flags: object) -> str:
    """What it says of a mistake: a line, and one thing to do."""
    done = segment(kind, *flags)
    assert done.returncode == 2, done.stdout + done.stderr
    for word in ("terminate called", "Sanitizer", "runtime error", "what()"):
        assert word not in done.stderr
    return done.stderr


def grey(path: Path) -> np.ndarray:
    picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert picture is not None, path
    return picture


class TestMasks:
    @pytest.mark.parametrize("name", ["portrait", "connectnet", "pp_humanseg_v1_lite", "portrait_accurate"])
    def test_photos_get_pythons(self, kind: str, name: str, photos: Path, tmp_path: Path):
        said = succeed(kind, "--model_path", ZOO / f"{name}.yml", "--image_path", photos, "--save_dir", tmp_path)
        assert "3 pictures predicted" in said
        python = Predictor.from_zoo(name, "onnx", threads=1)
        for file in ("across.jpg", "upright.jpg", "below/call.png"):
            mask = grey((tmp_path / "mask" / file).with_suffix(".png"))
            want = python(read_image(photos / file)).mask
            assert mask.shape == want.shape and (mask != want).mean() < ALLOWED
            assert 0.05 < (want > 0).mean() < 0.95

    @needs_paddle
    def test_paddle_inference_gives_them_too(self, plain: Path, exported: Path, photos: Path, tmp_path: Path):
        for runtime in ("paddle", "onnx"):
            flags = ("--model_path", exported, "--image_path", photos, "--save_dir", tmp_path / runtime)
            succeed(parts.PLAIN, *flags, "--runtime", runtime)
        python = Predictor.from_export(exported, "paddle", threads=1)
        for file in ("across", "upright"):
            want = python(read_image(photos / f"{file}.jpg")).mask
            for runtime in ("paddle", "onnx"):
                assert (grey(tmp_path / runtime / "mask" / f"{file}.png") != want).mean() < ALLOWED

    def test_pictures_are_pythons(self, kind: str, photos: Path, tmp_path: Path):
        from paddleseg.cli.main import main

        flags = ["--image_path", str(photos), "--outputs", "mask", "overlay", "alpha", "cutout"]
        flags += ["--mask_values", "0", "255"]
        succeed(kind, "--model_path", ZOO / "portrait.yml", *flags, "--save_dir", tmp_path / "c")
        more = ["--runtime", "onnx", "--save_dir", str(tmp_path / "p")]
        assert main(["predict", "--model_path", "zoo://portrait", *flags, *more]) == 0
        wanted = sorted(path.relative_to(tmp_path / "p") for path in (tmp_path / "p").rglob("*.*"))
        assert wanted == sorted(path.relative_to(tmp_path / "c") for path in (tmp_path / "c").rglob("*.*"))
        for name in wanted:
            one, other = grey(tmp_path / "c" / name).astype(int), grey(tmp_path / "p" / name).astype(int)
            assert one.shape == other.shape and (np.abs(one - other) > 3).mean() < ALLOWED, name

    def test_a_clip_gets_them_frame_by_frame(self, kind: str, tmp_path: Path):
        clips = pytest.importorskip("tests.clips")
        clip = clips.write_clip(tmp_path / "pan.mkv", clips.frames(6, (144, 192)), codec="ffv1", pixels="bgr0")
        flags = ("--model_path", ZOO / "portrait.yml", "--video_path", clip, "--save_dir", tmp_path / "made")
        assert "6 frames predicted" in succeed(kind, *flags, "--outputs", "mask", "overlay")
        python, reader = Predictor.from_zoo("portrait", "onnx", threads=1), cv2.VideoCapture(str(clip))
        for number in range(6):
            rgb = cv2.cvtColor(reader.read()[1], cv2.COLOR_BGR2RGB)
            mask = grey(tmp_path / "made" / "mask" / "pan" / f"{number:06d}.png")
            assert (mask != python(rgb).mask).mean() < ALLOWED
        overlay = cv2.VideoCapture(str(tmp_path / "made" / "added_prediction" / "pan.mp4"))
        assert overlay.get(cv2.CAP_PROP_FRAME_COUNT) == 6 and overlay.read()[1].shape == (144, 192, 3)

    def test_files_of_all_kinds_are_read_as_in_python(self, kind: str, photos: Path, tmp_path: Path):
        rgb = read_image(photos / "across.jpg")
        bgr, folder = rgb[..., ::-1], tmp_path / "kinds"
        folder.mkdir()
        for turn in range(1, 9):
            exif = Image.Exif()
            exif[0x0112] = turn
            for ending in (".jpg", ".png", ".webp"):
                Image.fromarray(rgb).save(folder / f"turn{turn}_of{ending[1:]}{ending}", exif=exif)
        wide = bgr.astype(np.uint16)
        cv2.imwrite(str(folder / "deep.png"), wide * 257)
        cv2.imwrite(str(folder / "dark.png"), wide * 20)
        cv2.imwrite(str(folder / "shallow.png"), wide)
        cv2.imwrite(str(folder / "deep.tif"), wide * 257)
        cv2.imwrite(str(folder / "grey.png"), bgr[..., 1])
        cv2.imwrite(str(folder / "clear.png"), np.dstack([bgr, bgr[..., 0]]))
        cv2.imwrite(str(folder / "plain.bmp"), bgr)
        Image.fromarray(rgb).quantize(64).save(folder / "palette.png")
        Image.fromarray(rgb).convert("CMYK").save(folder / "ink.jpg")
        flags = ("--model_path", ZOO / "portrait.yml", "--image_path", folder, "--save_dir", tmp_path)
        said = succeed(kind, *flags, "--outputs", "mask")
        assert "dark.png: has 16 bits but is dark" in said and "shallow.png: has 16 bits but values of 8" in said
        python, masks = Predictor.from_zoo("portrait", "onnx", threads=1), tmp_path / "mask"
        taken: set[str] = set()
        for file in sorted(folder.iterdir()):  # deep.tif comes after deep.png, and gets a number
            name = f"{file.stem}_2" if file.stem in taken else file.stem
            taken.add(file.stem)
            have, want = grey(masks / f"{name}.png"), python(read_image(file)).mask
            assert have.shape == want.shape and (have != want).mean() < 5 * ALLOWED, file.name


STEPS: dict[str, list[dict]] = {
    "inside": [{"type": "Resize", "target_size": [256, 192], "keep_ratio": True, "size_divisor": 16}],
    "padded": [{"type": "ResizeByLong", "long_size": 240}, {"type": "Padding", "target_size": [256, 256]}],
    "short": [
        {"type": "ResizeByShort", "short_size": 150, "max_size": 300},
        {"type": "LimitLong", "max_long": 200, "min_long": None},
        {"type": "PaddingByAspectRatio", "aspect_ratio": 1.5, "im_padding_value": [10, 20, 30.5]},
        {"type": "Resize", "target_size": [240, 160], "interp": "AREA"},
    ],
    "square": [{"type": "ScalePadding", "target_size": [192, 192], "im_padding_value": 127.5}],
    "nearest": [{"type": "Resize", "target_size": [192, 192], "interp": "NEAREST"}],
    "cubic": [{"type": "Resize", "target_size": [352, 352], "interp": "CUBIC"}],
}


class TestCards:
    @pytest.mark.parametrize("case", STEPS)
    def test_steps_of_preprocessing_are_pythons(
        self, kind: str, case: str, exported: Path, photos: Path, tmp_path: Path
    ):
        def change(card: dict) -> None:
            card["preprocess"] = [*STEPS[case], card["preprocess"][-1]]
            card["postprocess"].insert(-1, {"type": "fill_holes", "largest": 0.3})
            card["postprocess"].insert(0, {"type": "drop_faint", "peak": 0.97})

        self.compare(kind, card_of(exported, tmp_path / "model", change), photos, tmp_path)

    @pytest.mark.parametrize("output", ["argmax", "logits"])
    def test_other_outputs_are_too(self, kind: str, output: str, exported: Path, photos: Path, tmp_path: Path):
        onnx = pytest.importorskip("onnx")

        def change(card: dict) -> None:
            card["outputs"][0]["kind"] = output
            if output == "argmax":
                card["postprocess"] = []

        folder = card_of(exported, tmp_path / "model", change)
        graph = onnx.load(str(folder / "model.onnx"))
        node = ("ArgMax", {"axis": 1, "keepdims": 0}) if output == "argmax" else ("Log", {})
        last = graph.graph.output[0].name
        graph.graph.node.append(onnx.helper.make_node(node[0], [last], ["changed"], **node[1]))
        number = onnx.TensorProto.INT64 if output == "argmax" else onnx.TensorProto.FLOAT
        del graph.graph.output[:]
        shape = [None] * (3 if output == "argmax" else 4)
        graph.graph.output.append(onnx.helper.make_tensor_value_info("changed", number, shape))
        onnx.save(graph, str(folder / "model.onnx"))
        self.compare(kind, folder, photos, tmp_path)

    def compare(self, kind: str, folder: Path, photos: Path, made: Path) -> None:
        flags = ("--model_path", folder, "--runtime", "onnx", "--image_path", photos, "--save_dir", made)
        succeed(kind, *flags, "--outputs", "mask", "alpha")
        python = Predictor.from_export(folder, "onnx", threads=1)
        for file in ("across.jpg", "upright.jpg"):
            want = python(read_image(photos / file))
            assert (grey((made / "mask" / file).with_suffix(".png")) != want.mask).mean() < ALLOWED
            opacity = grey((made / "alpha" / file).with_suffix(".png")).astype(int)
            assert (np.abs(opacity - want.opacity) > 6).mean() < ALLOWED


class TestC:
    @pytest.mark.parametrize("runtime", ["onnx", pytest.param("paddle", marks=needs_paddle)])
    def test_other_languages_get_the_masks_in_threads_too(
        self, kind: str, runtime: str, exported: Path, photos: Path, tmp_path: Path
    ):
        environment = parts.environment(kind)
        if kind == parts.CHECKED:
            if runtime == "paddle":
                pytest.skip("this build has ONNX Runtime only")
            # Both from the start, for what C++ throws; Python itself never gives back all it takes.
            environment |= {"LD_PRELOAD": parts.libraries("libasan.so", "libstdc++.so"), **NO_LEAKS}
        images = [read_image(photos / name) for name in ("upright.jpg", "across.jpg")]
        np.savez(tmp_path / "photos.npz", *images)
        script, library = Path(__file__).parent / "segment_by_ctypes.py", parts.BUILDS / kind / "libsegment.so"
        command = [sys.executable, script, library, exported, runtime, tmp_path / "photos.npz", tmp_path / "found.npz"]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, env=environment)
        assert done.returncode == 0, done.stderr[-3000:]
        python = Predictor.from_export(exported, "onnx", threads=1)
        with np.load(tmp_path / "found.npz") as file:
            for number, image in enumerate(images):
                want = python(image)
                assert want.prob is not None
                assert (file[f"mask{number}"] != want.mask).mean() < ALLOWED
                assert np.abs(file[f"prob{number}"] - want.prob[1]).max() < 1e-3
                assert (file[f"opacity{number}"] != want.opacity).mean() < 0.01


def card_of(exported: Path, folder: Path, change: Callable[[dict], object]) -> Path:
    """The exported folder with another card."""
    folder.mkdir()
    for file in exported.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    card = yaml.safe_load((folder / "inference.yml").read_text(encoding="utf-8"))
    change(card)
    (folder / "inference.yml").write_text(yaml.safe_dump(card), encoding="utf-8")
    return folder


def first_input(**changes: object) -> Callable[[dict], object]:
    return lambda card: card["inputs"][0].update(changes)


WRONG_CARDS: dict[str, tuple[Callable[[dict], object], str]] = {
    "version": (lambda card: card.update(card=7), "is of another version"),
    "unknown key": (lambda card: card.update(colours=[]), r"inference.yml.colours: is no key of a card"),
    "no file": (lambda card: card["files"].pop("onnx"), "its card names no onnx file"),
    "file not there": (lambda card: card["files"].update(onnx="gone.onnx"), "gone.onnx: is named by the card"),
    "file outside": (lambda card: card["files"].update(onnx="../../x.onnx"), "leads out of the card's folder"),
    "step": (lambda card: card["preprocess"].insert(0, {"type": "Blur"}), "preprocess.0.type: Blur is no step"),
    "argument": (lambda card: card["preprocess"][0].update(size=3), "preprocess.0: ResizeToArea: has no argument size"),
    "number": (lambda card: card["postprocess"][-1].update(threshold=2), r"threshold should lie within \(0, 1\)"),
    "nan": (lambda card: card["postprocess"][-1].update(threshold=float("nan")), "threshold should be"),
    "input size": (first_input(shape=[1, 3, 64, 64]), "takes inputs of shape .1, 3, 64, 64., but the"),
    "channels": (first_input(shape=[None, 9, None, None]), "takes 9 channels"),
    "classes": (lambda card: card["outputs"][0].update(kind="argmax"), "drop_specks needs probabilities of two"),
    "values": (lambda card: card["outputs"][0].update(kind="values"), "values are no mask"),
    "no mask": (lambda card: card["postprocess"].pop(), "makes no mask of the picture's size"),
    "size": (lambda card: card["preprocess"][0].update(target_size=[9e9, 1]), "two whole numbers"),
    "steps after": (lambda card: card["preprocess"].append({"type": "ResizeByLong", "long_size": 9}), "Normalize"),
    "too large": (
        lambda card: card["preprocess"].insert(0, {"type": "Padding", "target_size": [9, 9]}),
        r"across.jpg: preprocess.0 Padding: gets a picture larger than its target_size(.|\n)*3 of 3 pictures",
    ),
    "lite": (lambda card: card["files"].update(onnx="model.nb"), "is a Paddle Lite model"),
}


class TestMistakes:
    @pytest.mark.parametrize("case", WRONG_CARDS)
    def test_a_wrong_card_is_named(self, kind: str, case: str, exported: Path, photos: Path, tmp_path: Path):
        change, words = WRONG_CARDS[case]
        folder = card_of(exported, tmp_path / "model", change)
        (folder / "model.nb").write_bytes(b"x")
        flags = ("--image_path", photos, "--save_dir", tmp_path / "made", "--runtime", "onnx")
        said = fail(kind, "--model_path", folder, *flags)
        assert re.search(words, said), said
        assert "hint: " in said and not (tmp_path / "made").exists()

    def test_a_damaged_graph_is_named(self, kind: str, exported: Path, photos: Path, tmp_path: Path):
        folder = card_of(exported, tmp_path / "model", lambda card: None)
        whole = (folder / "model.onnx").read_bytes()
        for content in (b"", b"no graph", bytes(100), whole[: len(whole) // 2]):
            (folder / "model.onnx").write_bytes(content)
            said = fail(kind, "--model_path", folder, "--runtime", "onnx", "--image_path", photos)
            assert "model.onnx: cannot be loaded" in said

    def test_a_graph_of_an_opset_to_come_is_named(self, kind: str, exported: Path, photos: Path, tmp_path: Path):
        onnx = pytest.importorskip("onnx")
        folder = card_of(exported, tmp_path / "model", lambda card: None)
        graph = onnx.load(str(folder / "model.onnx"))
        graph.opset_import[0].version = 999
        onnx.save(graph, str(folder / "model.onnx"))
        said = fail(kind, "--model_path", folder, "--runtime", "onnx", "--image_path", photos)
        assert "model.onnx: cannot be loaded" in said and "opset" in said

    @needs_paddle
    def test_damaged_parameters_are_named(self, plain: Path, exported: Path, photos: Path, tmp_path: Path):
        folder = card_of(exported, tmp_path / "model", lambda card: None)
        params = bytearray((folder / "model.pdiparams").read_bytes())
        params[len(params) // 2] ^= 255
        (folder / "model.pdiparams").write_bytes(params)
        said = fail(parts.PLAIN, "--model_path", folder, "--runtime", "paddle", "--image_path", photos)
        assert "model.pdiparams: is not the file that its card describes" in said
        (folder / "model.pdiparams").write_bytes((exported / "model.pdiparams").read_bytes())
        (folder / "model.json").write_text("{}", encoding="utf-8")
        said = fail(parts.PLAIN, "--model_path", folder, "--runtime", "paddle", "--image_path", photos)
        assert "model.json: cannot be loaded" in said
        folder = card_of(exported, tmp_path / "older", lambda card: card["files"].update(graph="model.pdmodel"))
        for content in (b"", b"text", bytes(99)):
            (folder / "model.pdmodel").write_bytes(content)
            said = fail(parts.PLAIN, "--model_path", folder, "--runtime", "paddle", "--image_path", photos)
            assert "model.pdmodel: cannot be loaded" in said

    def test_yaml_that_is_none_is_named(self, kind: str, photos: Path, tmp_path: Path):
        for content in (b"a: [", b"\xff\xfe\0\0", b"[1, 2]", b"", b"&a [*a, *a]", b"x" * 1_100_000, b"[" * 5000):
            (tmp_path / "inference.yml").write_bytes(content)
            assert "inference.yml" in fail(kind, "--model_path", tmp_path, "--image_path", photos)
        assert "does not exist" in fail(kind, "--model_path", tmp_path / "gone", "--image_path", photos)
        (tmp_path / "inference.yml").unlink()
        assert "holds no inference.yml" in fail(kind, "--model_path", tmp_path, "--image_path", photos)

    def test_bad_pictures_are_named_and_the_others_done(self, kind: str, photos: Path, tmp_path: Path):
        folder = tmp_path / "photos"
        folder.mkdir()
        whole = (photos / "across.jpg").read_bytes()
        png = cv2.imencode(".png", grey(photos / "across.jpg"))[1].tobytes()
        bomb = bytearray(png)
        bomb[16:24] = (60000).to_bytes(4, "big") * 2
        files = {
            "cut.jpg": (whole[: len(whole) // 2], "is truncated"),
            "cut.png": (png[: len(png) // 2], "is truncated"),
            "head.jpg": (whole[:20], "is not an image, or is broken"),
            "empty.jpg": (b"", "is empty"),
            "text.jpg": (b"no picture at all", "is not an image"),
            "moving.gif": (b"GIF89a" + bytes(20), "is a GIF file, which this program does not read"),
            "bomb.png": (bytes(bomb), "has 60000 x 60000 pixels"),
            "raw.tif": (b"II*\0\x08\0\0\0\xff\xff", "is not an image, or is broken"),
        }
        for name, (content, _) in files.items():
            (folder / name).write_bytes(content)
        (folder / "good.jpg").write_bytes(whole)
        (folder / "notes.md").write_text("no picture", encoding="utf-8")
        said = fail(kind, "--model_path", ZOO / "portrait.yml", "--image_path", folder, "--save_dir", tmp_path / "made")
        for name, (_, words) in files.items():
            assert f"{name}: {words}" in said
        assert "8 of 9 pictures could not be done" in said
        assert "Passed over 1 file that is no image: notes.md" in said
        assert sorted(path.name for path in (tmp_path / "made").rglob("*.*")) == ["good.jpg", "good.png"]

    def test_random_bytes_in_pictures_never_crash_it(self, kind: str, photos: Path, tmp_path: Path):
        rng, folder = np.random.default_rng(0), tmp_path / "photos"
        folder.mkdir()
        picture = Image.fromarray(read_image(photos / "across.jpg")[:48, :64])
        for ending in ("jpg", "png", "tif", "webp", "bmp"):
            picture.save(folder / f"whole.{ending}")
            whole = np.frombuffer((folder / f"whole.{ending}").read_bytes(), np.uint8)
            for number in range(12):
                broken = whole.copy()
                at = rng.integers(0, min(len(broken), 64 if number % 2 else len(broken)), 6)
                broken[at] = rng.integers(0, 256, 6)
                (folder / f"broken{number}.{ending}").write_bytes(broken.tobytes())
        flags = ("--model_path", ZOO / "portrait.yml", "--image_path", folder, "--save_dir", tmp_path / "made")
        done = segment(kind, *flags, "--outputs", "mask")
        assert done.returncode in (0, 2) and "Sanitizer" not in done.stderr and "runtime error" not in done.stderr
        assert len(list((tmp_path / "made" / "mask").glob("whole*.png"))) == 5

    def test_clips_that_are_none_or_are_cut_off_are_named(self, kind: str, tmp_path: Path):
        clips = pytest.importorskip("tests.clips")
        clips.write_clip(tmp_path / "whole.avi", clips.frames(40), codec="mjpeg", pixels="yuvj420p")
        content = (tmp_path / "whole.avi").read_bytes()
        (tmp_path / "cut.avi").write_bytes(content[: len(content) // 2])
        (tmp_path / "text.mp4").write_text("no clip", encoding="utf-8")
        made = tmp_path / "made"
        flags = ("--model_path", ZOO / "portrait.yml", "--save_dir", made, "--outputs", "overlay")
        assert "text.mp4: is no clip" in fail(kind, *flags, "--video_path", tmp_path / "text.mp4")
        assert "cut.avi: ends after" in fail(kind, *flags, "--video_path", tmp_path / "cut.avi")
        flags = (*flags[:-2], "--outputs", "mask")
        assert "cut.avi: ends after" in fail(kind, *flags, "--video_path", tmp_path / "cut.avi")
        assert not [path for path in made.rglob("*") if path.suffix]
        succeed(kind, *flags, "--video_path", tmp_path / "whole.avi")
        assert "mask/whole: is there already" in fail(kind, *flags, "--video_path", tmp_path / "whole.avi")

    @pytest.mark.parametrize(
        ("flags", "words"),
        [
            (["--colour"], "--colour: is no flag"),
            (["--threads", "many"], "--threads: should be a whole number"),
            (["--threads", "-1"], "threads: should lie between 0 and 1024"),
            (["--outputs", "gif"], "--outputs: gif is none"),
            (["--outputs"], "--outputs: should have values"),
            (["--mask_values", "0", "300"], "--mask_values: should be two or more grey values"),
            (["--device", "tpu"], "device: should be cpu or gpu"),
            (["--device", "gpu"], "--device gpu: this ONNX Runtime has no CUDAExecutionProvider"),
            (["--tensorrt"], "tensorrt: needs a GPU"),
            (["--precision", "fp16"], "precision: fp16 is TensorRT's"),
            (["--runtime", "lite"], "runtime: should be onnx or paddle"),
            (["--video_path", "a.mp4"], "give one of the two"),
            (["--save_dir", "/proc/none"], "cannot be written"),
        ],
    )
    def test_wrong_flags_are_named(self, kind: str, flags: list[str], words: str, photos: Path, tmp_path: Path):
        usual = ["--model_path", ZOO / "portrait.yml", "--image_path", photos, "--save_dir", tmp_path]
        assert words in fail(kind, *usual, *flags)

    def test_no_result_goes_over_a_photo(self, kind: str, photos: Path, tmp_path: Path):
        folder = tmp_path / "added_prediction"
        folder.mkdir()
        before = (photos / "across.jpg").read_bytes()
        (folder / "me.jpg").write_bytes(before)
        (tmp_path / "mask").mkdir()
        (tmp_path / "mask" / "me.png").symlink_to(folder / "me.jpg")
        flags = ("--model_path", ZOO / "portrait.yml", "--image_path", folder / "me.jpg", "--save_dir", tmp_path)
        for output in ("overlay", "mask"):
            assert "would be written over an input" in fail(kind, *flags, "--outputs", output)
        assert (folder / "me.jpg").read_bytes() == before


def test_help_names_every_flag(plain: Path):
    said = succeed(parts.PLAIN, "--help")
    for flag in ("--model_path", "--image_path", "--video_path", "--save_dir", "--outputs", "--runtime", "--tensorrt"):
        assert flag in said
