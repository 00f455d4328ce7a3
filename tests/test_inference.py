"""Postprocessing, predictors on real photos, runtimes, and pictures made of masks."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from onnx_bytes import conv_softmax
from PIL import Image, ImageCms

from paddleseg.card import Card, Files, Output, Step, load_card, save_card
from paddleseg.cli.main import main
from paddleseg.errors import ConfigError, DataError, DeviceError, ExportError, OutputError
from paddleseg.images import compositing, paint
from paddleseg.images.backgrounds import Blur, cover
from paddleseg.images.io import read_image, read_label
from paddleseg.images.paint import overlay, palette
from paddleseg.inference.augment import TestAugmentation
from paddleseg.inference.outputs import FOLDERS, Writer, card_palette, distinct
from paddleseg.inference.pictures import predict_files
from paddleseg.inference.predictor import Predictor, SegResult
from paddleseg.inference.runtimes.base import RuntimeOptions
from paddleseg.inference.runtimes.dygraph import evaluating
from paddleseg.inference.runtimes.onnx import OnnxRuntime

LITE = "pp_humanseg_v1_lite"
MULTILABEL = Output(activation="sigmoid", multilabel=True)


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    return Predictor.from_zoo(LITE)


@pytest.fixture(scope="module")
def photo(val_files: list[tuple[Path, Path]]) -> np.ndarray:
    return read_image(val_files[0][0])


@pytest.fixture(scope="module")
def result(predictor: Predictor, photo: np.ndarray) -> SegResult:
    return predictor(photo)


class TestPredictor:
    def test_the_packed_weights_find_the_people_in_real_photos(self, predictor: Predictor, val_files: list):
        inside = union = 0
        for image, label in val_files:
            mask, truth = predictor(read_image(image)).mask == 1, read_label(label) == 1
            inside, union = inside + (mask & truth).sum(), union + (mask | truth).sum()
        assert inside / union > 0.75

    def test_small_pieces_go_where_the_card_says_so(self, predictor: Predictor, val_files: list):
        tidy = Predictor(predictor.card.with_finish(smallest_part=0.9), predictor.runtime)
        pieces = [
            [cv2.connectedComponents(p(read_image(image)).mask)[0] - 1 for p in (predictor, tidy)]
            for image, _ in val_files[::3]
        ]
        assert all(after <= before for before, after in pieces)
        assert max(after for _, after in pieces) <= 2 < max(before for before, _ in pieces)

    def test_a_result_has_the_photos_size_and_sums_to_one(self, result: SegResult, photo: np.ndarray):
        assert result.prob is not None
        assert result.mask.shape == result.alpha.shape == photo.shape[:2]
        assert result.mask.dtype == np.uint8
        np.testing.assert_allclose(result.prob.sum(axis=0), 1, atol=1e-6)
        assert set(result.timing_ms) == {"pre", "net", "post"}
        assert min(result.timing_ms.values()) > 0

    def test_together_or_alone_is_the_same(self, predictor: Predictor, val_files: list):
        photos = [read_image(image) for image, _ in val_files[:4]]
        assert len({photo.shape for photo in photos}) > 1
        for photo, together in zip(photos, predictor.batch(photos), strict=True):
            np.testing.assert_array_equal(together.mask, predictor(photo).mask)

    def test_inputs_of_several_sizes_run_one_after_the_other(self, predictor: Predictor, val_files: list):
        steps = [Step(type="ResizeByLong", long_size=128), Step(type="Normalize")]
        free = Predictor(predictor.card.model_copy(update={"preprocess": steps}), predictor.runtime)
        photos = [read_image(image) for image, _ in val_files[:3]]
        for photo, together in zip(photos, free.batch(photos), strict=True):
            np.testing.assert_array_equal(together.mask, free(photo).mask)

    def test_a_mirrored_look_is_averaged_with_the_straight_one(self, predictor: Predictor, photo: np.ndarray):
        looks = TestAugmentation(flip_horizontal=True)
        both = Predictor(predictor.card, predictor.runtime, looks)(photo).prob
        straight = predictor(photo).prob
        mirrored = predictor(np.ascontiguousarray(photo[:, ::-1])).prob
        assert both is not None and straight is not None and mirrored is not None
        assert np.abs(both - straight).max() > 0.01
        np.testing.assert_allclose(both, (straight + mirrored[..., ::-1]) / 2, atol=0.02)

    def test_a_turned_photo_is_predicted_as_it_is_shown(self, predictor: Predictor, val_files: list, tmp_path: Path):
        upright = Image.open(val_files[1][0]).convert("RGB")
        exif = Image.Exif()
        exif[0x0112] = 6  # stored lying on its left side; to be shown turned clockwise
        upright.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "turned.jpg", quality=98, exif=exif)
        mask, want = predictor(read_image(tmp_path / "turned.jpg")).mask, predictor(np.asarray(upright)).mask
        assert mask.shape == want.shape == upright.size[::-1]
        assert (mask & want).sum() / (mask | want).sum() > 0.98

    def test_what_is_no_picture_is_refused(self, predictor: Predictor, photo: np.ndarray):
        for wrong in (photo[..., :1], photo.astype(np.float32), photo[..., 0]):
            with pytest.raises(ValueError, match="should be uint8"):
                predictor(wrong)

    def test_a_model_that_trains_keeps_its_frozen_layers(self, predictor: Predictor):
        from paddleseg.models.humanseg.lite import PPHumanSegLite

        model = PPHumanSegLite()
        model.train()
        model.stem.eval()
        before = [layer.training for layer in model.sublayers(include_self=True)]
        with evaluating(model):
            assert not any(layer.training for layer in model.sublayers(include_self=True))
        assert [layer.training for layer in model.sublayers(include_self=True)] == before
        assert len(set(before)) == 2


class TestOnnx:
    """A 1x1 convolution and a softmax, written byte by byte: ONNX Runtime is tested without a converter."""

    WEIGHT = np.array([[0.0, 0.0, 0.0], [4.0, -2.0, 1.0]], np.float32)

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        (tmp_path / "model.onnx").write_bytes(conv_softmax(self.WEIGHT))
        files, steps = Files(onnx="model.onnx"), [Step(type="Normalize")]
        card = Card(files=files, preprocess=steps, classes=["background", "bright"])
        save_card(card, tmp_path / "inference.yml")
        return tmp_path

    def test_a_box_without_paddle_gets_the_right_mask(self, folder: Path, photo: np.ndarray):
        np.save(folder / "photo.npy", photo)
        code = f"""
import sys, numpy as np
from paddleseg.inference.predictor import Predictor
result = Predictor.from_export({str(folder)!r}, threads=1)(np.load({str(folder / "photo.npy")!r}))
np.savez({str(folder / "result.npz")!r}, mask=result.mask, prob=result.prob)
assert "paddle" not in sys.modules, "Paddle was imported"
"""
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        score = (photo / 127.5 - 1) @ self.WEIGHT[1]
        with np.load(folder / "result.npz") as saved:
            np.testing.assert_allclose(saved["prob"][1], 1 / (1 + np.exp(-score)), atol=1e-4)
            assert (saved["mask"] == (score > 0)).mean() > 0.999

    def test_the_letterbox_comes_off_again(self, folder: Path, photo: np.ndarray):
        smooth = cv2.GaussianBlur(photo, (0, 0), 6)
        card, _ = load_card(folder)
        steps = [Step(type="ResizeByLong", long_size=192), Step(type="Padding", target_size=[256, 200])]
        boxed = Predictor(
            card.model_copy(update={"preprocess": [*steps, *card.preprocess]}), OnnxRuntime(folder / "model.onnx")
        )
        mask, plain = boxed(smooth).mask, Predictor.from_export(folder, "onnx")(smooth).mask
        assert 0.1 < plain.mean() < 0.9
        assert (mask == plain).mean() > 0.99

    def test_a_damaged_graph_is_named(self, folder: Path):
        (folder / "model.onnx").write_bytes(b"no graph")
        with pytest.raises(ExportError, match=r"model.onnx: cannot be loaded"):
            Predictor.from_export(folder, "onnx")

    def test_a_missing_graph_is_named(self, folder: Path):
        (folder / "model.onnx").unlink()
        with pytest.raises(ExportError, match="is named by the card but is not there"):
            Predictor.from_export(folder, "onnx")
        with pytest.raises(ExportError, match="names no graph file"):
            Predictor.from_export(folder, "paddle")

    def test_a_device_that_is_not_there_is_named(self, folder: Path):
        with pytest.raises(DeviceError, match=r"--device gpu: this ONNX Runtime has only .*CPUExecutionProvider"):
            OnnxRuntime(folder / "model.onnx", device="gpu")

    def test_providers_are_told_by_name(self, folder: Path, photo: np.ndarray):
        wanted = Predictor.from_export(folder)(photo).mask
        for name in ("CPU", "CPUExecutionProvider"):
            told = Predictor.from_export(folder, options=RuntimeOptions(providers=(name,)))
            np.testing.assert_array_equal(told(photo).mask, wanted)

    def test_a_provider_that_is_not_there_is_named_with_those_that_are(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ):
        options = RuntimeOptions(providers=("Tensorrt", "CPU"))
        with pytest.raises(DeviceError, match=r"--providers Tensorrt CPU: .* has only .*CPUExec.*\n.*onnxruntime-gpu"):
            Predictor.from_export(folder, options=options)
        flags = ["--model_path", str(folder), "--image_path", "x.jpg", "--providers", "Abacus"]
        assert main(["predict", *flags]) == 2
        assert "--providers Abacus: this ONNX Runtime has only" in capsys.readouterr().err

    @pytest.mark.parametrize("runtime", ["dygraph", "openvino", "paddle"])
    def test_providers_of_a_runtime_that_has_none_are_refused(self, runtime: str, folder: Path):
        with pytest.raises(ConfigError, match=f"--providers: are ONNX Runtime's; the runtime {runtime} has none"):
            Predictor.from_export(folder, runtime, options=RuntimeOptions(providers=("CPU",)))


class TestCompose:
    GREEN = np.array([0, 177, 64], np.float32)

    def test_the_cut_out_is_clear_outside_and_solid_inside(self, photo: np.ndarray, result: SegResult):
        cut = compositing.cutout(photo, result.opacity)
        assert cut.shape == (*photo.shape[:2], 4)
        np.testing.assert_array_equal(cut[..., 3], result.opacity)
        assert 0.1 < (cut[..., 3] == 255).mean() < 0.9
        inside = result.opacity == 255
        np.testing.assert_array_equal(cut[inside][:, :3], photo[inside])
        soft = (cut[..., 3] > 0) & (cut[..., 3] < 255)
        assert 0.001 < soft.mean() < 0.2

    def test_the_old_background_is_taken_out_of_the_edge(self):
        y, x = np.mgrid[:160, :160]
        alpha = np.clip((60 - np.hypot(y - 80, x - 80)) / 12 + 0.5, 0, 1).astype(np.float32)
        red = np.array([200, 40, 40], np.float32)
        mixed = np.rint(alpha[..., None] * red + (1 - alpha[..., None]) * self.GREEN).astype(np.uint8)
        edge = (alpha > 0.2) & (alpha < 0.8)
        error = np.abs(compositing.foreground_color(mixed, alpha).astype(float) - red)[edge].max()
        assert error < 8 < np.abs(mixed - red)[edge].max()

    def test_behind_the_person_is_what_was_asked_for(self, photo: np.ndarray, result: SegResult):
        picture = compositing.compose(photo, result.opacity, compositing.background_from("#00b140"))
        assert (picture[result.opacity == 0] == self.GREEN).all()
        np.testing.assert_array_equal(picture[result.opacity == 255], photo[result.opacity == 255])

    def test_blur_leaves_no_halo_of_the_person(self):
        photo = np.full((240, 240, 3), 30, np.uint8)
        photo[80:160, 80:160] = 250
        alpha = (photo[..., 0] > 100).astype(np.float32)
        assert Blur()(photo, alpha)[alpha == 0].max() <= 32

    def test_blur_softens_the_background(self, photo: np.ndarray, result: SegResult):
        def detail(picture: np.ndarray) -> float:
            edges = cv2.Laplacian(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.CV_32F)
            return float(np.abs(edges)[result.alpha == 0].mean())

        assert detail(Blur()(photo, result.alpha)) < 0.3 * detail(photo)

    def test_a_picture_covers_the_photo_without_distortion(self, mini: Path):
        circle = cv2.circle(np.zeros((300, 600, 3), np.uint8), (300, 150), 60, (255, 255, 255), -1)
        covered = cover(circle, (200, 200))
        rows, columns = (covered[..., 0] > 127).any(axis=1).sum(), (covered[..., 0] > 127).any(axis=0).sum()
        assert covered.shape == (200, 200, 3)
        assert rows == pytest.approx(columns, abs=1)

    @pytest.mark.parametrize(("text", "color"), [("0,177,64", (0, 177, 64)), ("white", (255, 255, 255))])
    def test_colours_in_words_and_numbers(self, text: str, color: tuple[int, ...], photo: np.ndarray):
        assert tuple(compositing.background_from(text)(photo, photo[..., 0])[3, 5]) == color

    def test_what_is_no_background_is_refused(self):
        with pytest.raises(DataError, match="is no file and no colour"):
            compositing.background_from("beach.jpg")


class TestPictures:
    def test_the_palette_is_pascal_vocs(self):
        colors = palette()
        assert colors[[0, 1, 2, 15, 255]].tolist() == [
            [0, 0, 0],
            [128, 0, 0],
            [0, 128, 0],
            [192, 128, 128],
            [224, 224, 192],
        ]
        assert len({tuple(color) for color in colors}) == 256
        assert palette([[9, 9, 9]])[:2].tolist() == [[9, 9, 9], [128, 0, 0]]

    def test_independent_classes_have_their_colours_from_one_on(self):
        card = Card(classes=["hat", "coat"], colors=[[1, 2, 3], [4, 5, 6]], output=MULTILABEL)
        assert card_palette(card)[:3].tolist() == [[0, 0, 0], [1, 2, 3], [4, 5, 6]]

    def test_an_overlay_leaves_the_background_alone(self, photo: np.ndarray, result: SegResult):
        picture = overlay(photo, result.mask)
        background = result.mask == 0
        np.testing.assert_array_equal(picture[background], photo[background])
        assert (picture[~background] != photo[~background]).any(axis=1).mean() > 0.95

    def test_no_two_pictures_share_a_file(self):
        names = ["a.jpg", "a.png", "b/a.jpg", "a_2.jpg"]
        assert distinct(names) == ["a.jpg", "a_2.png", "b/a.jpg", "a_2_2.jpg"]
        assert distinct(["a.jpg", "A.JPG", "\u00e9.jpg", "e\u0301.jpg"]) == [
            "a.jpg",
            "A_2.JPG",
            "\u00e9.jpg",
            "e\u0301_2.jpg",
        ]

    def test_large_pictures_are_made_in_strips_that_do_not_show(
        self, photo: np.ndarray, result: SegResult, monkeypatch
    ):
        alpha = np.clip(cv2.GaussianBlur(result.alpha, (0, 0), 3) * 1.2 - 0.1, 0, 1)

        def pictures() -> list[np.ndarray]:
            behind = Blur()(photo, alpha)
            made = [compositing.cutout(photo, alpha), behind, compositing.replace(photo, alpha, behind)]
            return [*made, overlay(photo, result.mask), overlay(photo, np.stack([result.mask, 1 - result.mask]))]

        whole = pictures()
        monkeypatch.setattr(compositing, "_STRIP_PIXELS", 7 * photo.shape[1])
        monkeypatch.setattr(paint, "_ROWS", 5)
        for one, other in zip(whole, pictures(), strict=True):
            assert np.abs(one.astype(int) - other).max() <= 1


class TestFiles:
    """Files in, files out."""

    ALL = ("pseudo_color", "overlay", "mask", "alpha", "cutout", "background")

    @pytest.fixture
    def source(self, val_files: list, tmp_path: Path) -> Path:
        folder = tmp_path / "in"
        folder.mkdir()
        picture = Image.open(val_files[0][0])
        for name, form in (("a.jfif", "JPEG"), ("b", "JPEG"), ("c.gif", "GIF"), ("d.png", "PNG"), ("e.webp", "WEBP")):
            picture.save(folder / name, form)
        return folder

    def writer(self, folder: Path, **options) -> Writer:
        behind = compositing.background_from("blur")
        return Writer(folder, self.ALL, palette(), behind, **options)

    def test_every_kind_is_written_whatever_the_name_ends_in(self, predictor: Predictor, source: Path, tmp_path: Path):
        report = predict_files(predictor, source, self.writer(tmp_path / "out", mask_values=(0, 255)))
        assert report.done == 5 and not report.problems
        written = {
            kind: sorted(path.name for path in (tmp_path / "out" / FOLDERS[kind]).iterdir()) for kind in self.ALL
        }
        for kind in ("pseudo_color", "mask", "alpha", "cutout"):
            assert written[kind] == ["a.png", "b.png", "c.png", "d.png", "e.png"]
        for kind in ("overlay", "background"):
            assert written[kind] == ["a.jpg", "b.jpg", "c.jpg", "d.png", "e.webp"]
        found = predictor(read_image(source / "d.png"))
        out = tmp_path / "out"
        np.testing.assert_array_equal(read_label(out / "mask" / "d.png"), found.mask * 255)
        np.testing.assert_array_equal(read_label(out / "alpha" / "d.png"), found.opacity)
        expected = [path for name in "abcde" for path in self.writer(out).targets(source.joinpath(name).name)]
        assert {path for path in expected if path.suffix == ".png"} <= set(out.rglob("*.png"))

    def test_a_bad_file_is_named_and_the_others_are_done(
        self, predictor: Predictor, source: Path, tmp_path: Path, capsys
    ):
        (source / "broken.jpg").write_bytes(b"\xff\xd8\xff")
        (source / "._a.jpg").write_bytes(b"\0\5\26\7")
        report = predict_files(predictor, source, self.writer(tmp_path / "out"))
        assert report.done == 5 and [path.name for path in report.passed_over] == ["._a.jpg"]
        assert "Passed over 1 file that is no image: ._a.jpg" in capsys.readouterr().err
        with pytest.raises(DataError, match=r"broken\.jpg(.|\n)*1 of 6 pictures could not be done"):
            report.raise_if_any_failed()

    def test_inputs_are_never_written_over(self, predictor: Predictor, source: Path):
        before = {path: path.read_bytes() for path in source.iterdir()}
        writer = Writer(source, ["pseudo_color"], palette(), folders={"pseudo_color": "."})
        with pytest.raises(OutputError, match=r"d\.png: would be written over an input"):
            predict_files(predictor, source, writer)
        assert {path: path.read_bytes() for path in source.iterdir()} == before

    def test_colours_of_other_profiles_are_shown_right(self, predictor: Predictor, val_files: list, tmp_path: Path):
        path, plain = tmp_path / "wide.png", Image.open(val_files[0][0]).convert("RGB")
        plain.save(path, icc_profile=display_p3())
        seen = ImageCms.profileToProfile(
            plain, ImageCms.ImageCmsProfile(io.BytesIO(display_p3())), ImageCms.createProfile("sRGB")
        )
        predict_files(predictor, path, self.writer(tmp_path / "out"))
        solid = read_label(tmp_path / "out" / "alpha" / "wide.png") == 255
        for kind, name in (("cutout", "wide.png"), ("background", "wide.png")):
            found = np.asarray(Image.open(tmp_path / "out" / kind / name).convert("RGB")).astype(int)
            assert np.abs(found - np.asarray(seen))[solid].max() <= 1
        np.testing.assert_array_equal(
            read_label(tmp_path / "out" / "mask" / "wide.png"), predictor(np.asarray(plain)).mask
        )

    @pytest.mark.parametrize("values", [(0, 256), (7,)])
    def test_mask_values_are_greys_of_all_classes(self, tmp_path: Path, values: tuple[int, ...]):
        with pytest.raises(ConfigError, match="mask_values: should be two or more grey values"):
            Writer(tmp_path, ["mask"], palette(), mask_values=values)


def display_p3() -> bytes:
    """The sRGB profile with the primaries of Display P3, adapted to D50."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    primaries = {b"rXYZ": (0.51512, 0.24120, -0.00105), b"gXYZ": (0.29198, 0.69225, 0.04189)}
    primaries[b"bXYZ"] = (0.15710, 0.06657, 0.78407)
    for number in range(struct.unpack(">I", profile[128:132])[0]):
        name, place, _ = struct.unpack_from(">4sII", profile, 132 + 12 * number)
        if name in primaries:
            struct.pack_into(">3i", profile, place + 8, *(round(value * 65536) for value in primaries[name]))
    return bytes(profile)
