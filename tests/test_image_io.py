"""Whatever people hand in as a photo or a mask is read right, or refused by name."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from paddleseg.errors import DataError
from paddleseg.images.head import read_head
from paddleseg.images.io import list_images, read_image, read_label, read_lines, write_png

NAME = "000000483667"


@pytest.fixture(scope="module")
def photo(mini: Path) -> Image.Image:
    return Image.open(mini / "images" / f"{NAME}.jpg").convert("RGB")


def encoded(picture: Image.Image, form: str, **options) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, form, **options)
    return stream.getvalue()


def put(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def test_a_jpeg_is_rgb(mini: Path, photo: Image.Image):
    image = read_image(mini / "images" / f"{NAME}.jpg")
    assert image.dtype == np.uint8 and image.flags["C_CONTIGUOUS"]
    assert np.abs(image.astype(int) - np.asarray(photo)).mean() < 1  # two JPEG decoders


@pytest.mark.parametrize("form", ["PNG", "BMP", "WEBP", "TIFF"])
def test_other_formats(tmp_path: Path, photo: Image.Image, form: str):
    options = {"lossless": True} if form == "WEBP" else {}
    path = put(tmp_path, f"a.{form.lower()}", encoded(photo, form, **options))
    np.testing.assert_array_equal(read_image(path), np.asarray(photo))


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "P", "I;16", "1", "CMYK"])
def test_every_kind_of_pixel_becomes_rgb_and_grey(tmp_path: Path, photo: Image.Image, mode: str):
    if mode == "I;16":
        picture = Image.fromarray(np.asarray(photo.convert("L")).astype(np.uint16) * 257)
        wanted = np.asarray(photo.convert("L").convert("RGB"))
    else:
        picture = photo.convert(mode)
        wanted = np.asarray(picture.convert("RGB"))
    path = put(tmp_path, "a.tif" if mode == "CMYK" else "a.png", encoded(picture, "TIFF" if mode == "CMYK" else "PNG"))
    image, grey = read_image(path), read_image(path, channels=1)
    assert image.shape == wanted.shape and image.dtype == np.uint8 and grey.shape == (*wanted.shape[:2], 1)
    if mode != "CMYK":  # its conversion is a matter of taste
        assert np.abs(image.astype(int) - wanted).max() <= 1
        assert np.abs(grey[..., 0].astype(int) - np.asarray(Image.fromarray(wanted).convert("L"))).max() <= 2


@pytest.mark.parametrize("ending", [".png", ".tif"])
def test_sixteen_bits_of_colour_become_eight(tmp_path: Path, photo: Image.Image, ending: str):
    cv2.imwrite(str(tmp_path / f"a{ending}"), np.asarray(photo)[..., ::-1].astype(np.uint16) * 257)
    np.testing.assert_array_equal(read_image(tmp_path / f"a{ending}"), np.asarray(photo))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_exif_turn_is_applied(tmp_path: Path, photo: Image.Image, orientation: int):
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = put(tmp_path, "a.jpg", encoded(photo.resize((60, 40)), "JPEG", quality=100, subsampling=0, exif=exif))
    from PIL import ImageOps

    wanted = np.asarray(ImageOps.exif_transpose(Image.open(path)))
    assert np.abs(read_image(path).astype(int) - wanted).mean() < 2


@pytest.mark.parametrize("form", ["JPEG", "PNG", "BMP", "WEBP", "TIFF"])
@pytest.mark.parametrize("kept", [0.5, 0.99])
def test_a_truncated_image_is_refused(tmp_path: Path, photo: Image.Image, form: str, kept: float):
    content = encoded(photo, form)
    path = put(tmp_path, f"half.{form.lower()}", content[: int(len(content) * kept)])
    with pytest.raises(DataError, match=r"half\.\w+: is (truncated|not an image, or is broken)"):
        read_image(path)


def test_a_thumbnail_does_not_hide_truncation(tmp_path: Path, photo: Image.Image):
    thumbnail = encoded(photo.resize((80, 60)), "JPEG")
    head, body = b"\xff\xd8", encoded(photo, "JPEG")[2:]
    segment = b"Exif\0\0" + thumbnail
    content = head + b"\xff\xe1" + (len(segment) + 2).to_bytes(2, "big") + segment + body
    assert read_image(put(tmp_path, "whole.jpg", content)).shape[:2] == photo.size[::-1]
    with pytest.raises(DataError, match=r"cut\.jpg: is truncated"):
        read_image(put(tmp_path, "cut.jpg", content[:-2000]))


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "is empty"),
        (b"<html>not found</html>", "is text, not an image"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer"),
        (b"\0\0\0\x18ftypheic" + bytes(100), "HEIC"),
        (bytes(range(256)), "is not an image"),
    ],
)
@pytest.mark.parametrize("read", [read_image, read_label])
def test_what_is_no_image_is_said_to_be_none(tmp_path: Path, content: bytes, what: str, read):
    with pytest.raises(DataError, match=what) as found:
        read(put(tmp_path, "photo.jpg", content))
    problem = found.value.problems[0]
    assert problem.where == str(tmp_path / "photo.jpg") and problem.hint


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path):
    with pytest.raises(DataError, match=r"gone\.jpg: cannot be read: No such file"):
        read_image(tmp_path / "gone.jpg")
    with pytest.raises(DataError, match="cannot be read: Is a directory"):
        read_label(tmp_path)


@pytest.mark.parametrize("mode", ["grey", "palette", "two-bit palette", "bilevel", "16-bit", "RGB"])
def test_labels_keep_their_classes(tmp_path: Path, mini: Path, mode: str):
    wanted = read_label(mini / "masks" / f"{NAME}.png")
    assert set(np.unique(wanted)) == {0, 1}
    if mode == "palette":
        wanted = np.where(wanted == 1, 200, 0).astype(np.uint8)
    picture = {
        "16-bit": lambda: Image.fromarray(wanted.astype(np.uint16)),
        "bilevel": lambda: Image.fromarray(wanted.astype(bool)),
        "RGB": lambda: Image.fromarray(np.repeat(wanted[..., None], 3, axis=2)),
    }.get(mode, lambda: Image.fromarray(wanted))()
    if "palette" in mode:
        picture.putpalette(np.random.default_rng(0).integers(0, 256, 768, dtype=np.uint8).tobytes())
    path = put(tmp_path, "label.png", encoded(picture, "PNG", **({"bits": 2} if "two-bit" in mode else {})))
    label = read_label(path)
    assert label.dtype == np.uint8
    np.testing.assert_array_equal(label, wanted)


def test_labels_that_are_no_classes_are_refused(tmp_path: Path, photo: Image.Image):
    with pytest.raises(DataError, match="colour picture, not a mask"):
        read_label(put(tmp_path, "colour.png", encoded(photo, "PNG")))
    large = Image.fromarray(np.full((4, 4), 300, np.uint16))
    with pytest.raises(DataError, match="holds the class 300, but classes end at 255"):
        read_label(put(tmp_path, "large.png", encoded(large, "PNG")))
    content = encoded(Image.fromarray(np.zeros((64, 64), np.uint8)), "PNG")
    with pytest.raises(DataError, match=r"cut\.png: is truncated"):
        read_label(put(tmp_path, "cut.png", content[:-13]))


def test_images_of_a_file_a_folder_and_a_list(tmp_path: Path, photo: Image.Image):
    small = encoded(photo.resize((8, 8)), "PNG")
    (tmp_path / "in" / "deep").mkdir(parents=True)
    files = [put(tmp_path / "in", "b.PNG", small), put(tmp_path / "in" / "deep", "a.png", small)]
    put(tmp_path / "in", "notes.md", b"no image")
    assert list_images(files[0]) == [(files[0], "b.PNG")]
    assert list_images(tmp_path / "in") == [(files[0], "b.PNG"), (files[1], "deep/a.png")]
    listing = put(tmp_path / "in", "list.txt", b"deep/a.png label.png\n\nb.PNG\n")
    assert list_images(listing) == [(files[1], "deep/a.png"), (files[0], "b.PNG")]
    with pytest.raises(DataError, match="holds no image"):
        list_images(put(tmp_path, "empty.txt", b""))
    with pytest.raises(DataError, match="does not exist"):
        list_images(tmp_path / "gone.png")


def test_a_list_is_utf8(tmp_path: Path):
    assert read_lines(put(tmp_path, "bom.txt", "\ufeffé.jpg a.png\r\nb.jpg b.png\n".encode())) == [
        "é.jpg a.png",
        "b.jpg b.png",
    ]
    with pytest.raises(DataError, match=r"latin\.txt:2: is not UTF-8"):
        read_lines(put(tmp_path, "latin.txt", b"a.jpg\n\xe9.jpg\n"))


def test_a_png_with_a_palette_reads_back(tmp_path: Path):
    mask = np.arange(12, dtype=np.uint8).reshape(3, 4)
    write_png(tmp_path / "new" / "mask.png", mask, np.random.default_rng(0).integers(0, 256, (256, 3)))
    np.testing.assert_array_equal(read_label(tmp_path / "new" / "mask.png"), mask)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["mask.png"]


class TestHeadsOfWebP:
    """Read without Pillow, which takes memory for every pixel to say how many there are."""

    @pytest.mark.parametrize(
        "how",
        [{"quality": 80}, {"lossless": True}, {"exif": b"yes"}, {"lossless": True, "alpha": True}, {"frames": 3}],
        ids=str,
    )
    def test_as_pillow_says(self, pair: tuple[np.ndarray, np.ndarray], how: dict):
        how, file = dict(how), io.BytesIO()
        picture = Image.fromarray(pair[0])
        if how.pop("alpha", False):
            picture.putalpha(77)
        if how.pop("exif", False):
            how["exif"] = Image.Exif()
            how["exif"][0x0112] = 6
        more = [picture.rotate(90 * turn) for turn in range(1, how.pop("frames", 1))]
        picture.save(file, "WEBP", save_all=bool(more), append_images=more, **how)
        head = read_head(io.BytesIO(file.getvalue()))
        assert head is not None and head.whole and head.stored == pair[0].shape[:2]
        assert (head.turn, head.frames) == (6 if "exif" in how else 1, 2 if more else 1)
        cut = read_head(io.BytesIO(file.getvalue()[:-20]))
        assert cut is not None and not cut.whole


@pytest.mark.parametrize(
    "endless",
    [b"\xff\xd8" + b"\xff" * 3_000_000, b"\x89PNG\r\n\x1a\n" + b"\0\0\0\0tEXt...." * 300_000],
    ids=["JPEG", "PNG"],
)
def test_files_of_endless_parts_are_given_up(endless: bytes):
    assert read_head(io.BytesIO(endless)) is None
