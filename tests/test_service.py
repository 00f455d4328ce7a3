"""`paddleseg serve`: real photos over real sockets."""

from __future__ import annotations

import io
import json
import re
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image
from service_parts import Service, head, pixels, png_head, serving
from test_inference import display_p3
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from paddleseg.cli.main import main
from paddleseg.images.io import read_image
from paddleseg.inference.outputs import FOLDERS
from paddleseg.inference.predictor import Predictor
from paddleseg.service import protocol
from paddleseg.service.settings import Settings
from paddleseg.video import Session

ROOT = Path(__file__).parent.parent
NAME = "000000000785"
TOKEN = "0123456789abcdef0123"


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    return Predictor.from_zoo("portrait", "onnx", threads=1)


@pytest.fixture(scope="module")
def service(predictor: Predictor) -> Iterator[Service]:
    with serving(predictor, Settings(max_bytes=2_000_000, max_pixels=13_000_000, streams=1)) as running:
        yield running


@pytest.fixture(scope="module")
def path(mini: Path) -> Path:
    return mini / "images" / f"{NAME}.jpg"


@pytest.fixture(scope="module")
def photo(path: Path) -> bytes:
    return path.read_bytes()


@pytest.fixture(scope="module")
def photos(mini: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted((mini / "images").glob("*.jpg"))[:8]]


def predict(image: Path, folder: Path, *more: str) -> None:
    arguments = ["--image_path", str(image), "--save_dir", str(folder), "--runtime", "onnx", *more]
    assert main(["predict", "--model_path", "zoo://portrait", *arguments]) == 0


def problem(answer: httpx.Response) -> str:
    return "; ".join(f"{one['where']}: {one['what']}" for one in answer.json()["problems"])


def in_zip(answer: httpx.Response) -> dict[str, bytes]:
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def encoded(image: np.ndarray, form: str = "JPEG", **more: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image).save(file, form, **more)
    return file.getvalue()


class TestOneAnswer:
    """What the service answers is, byte for byte, what `paddleseg predict` writes."""

    KINDS = (
        *((kind, kind, ".png") for kind in ("mask", "alpha", "cutout")),
        ("composite", "background", ".jpg"),
    )

    @pytest.fixture(scope="class")
    def folder(self, path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
        folder = tmp_path_factory.mktemp("predicted")
        predict(path, folder, "--outputs", "mask", "alpha", "cutout", "background", "--background", "blur")
        return folder

    @pytest.mark.parametrize(("kind", "written", "ending"), KINDS)
    def test_each_kind(self, service: Service, photo: bytes, folder: Path, kind: str, written: str, ending: str):
        answer = service.segment(photo, f"?output={kind}")
        assert answer.status_code == 200, answer.text
        assert answer.content == (folder / FOLDERS[written] / f"{NAME}{ending}").read_bytes()
        assert answer.headers["content-disposition"] == f'inline; filename="{kind}{ending}"'
        assert re.search(r"net;dur=\d", answer.headers["server-timing"])

    def test_the_mask_is_the_predictor_s(self, service: Service, photo: bytes, path: Path, predictor: Predictor):
        mask = predictor(read_image(path)).mask
        assert np.array_equal(pixels(service.segment(photo, "?output=mask").content), mask)
        greys = service.segment(photo, "?output=mask&mask_values=0,255").content
        assert np.array_equal(pixels(greys), mask * 255)

    def test_photos_of_other_colours(self, service: Service, path: Path, tmp_path: Path):
        """An ICC profile moves the colours that people see."""
        file = tmp_path / f"{NAME}.jpg"
        file.write_bytes(encoded(read_image(path), icc_profile=display_p3(), quality=95))
        predict(file, tmp_path / "out", "--outputs", "cutout")
        answer = service.segment(file.read_bytes(), "?output=cutout").content
        assert answer == (tmp_path / "out" / "cutout" / f"{NAME}.png").read_bytes()
        assert answer != service.segment(encoded(read_image(path), quality=95)).content

    def test_a_photo_is_turned_and_its_exif_is_gone(self, service: Service, path: Path, predictor: Predictor):
        exif = Image.Exif()
        exif[0x0112] = 6
        exif[0x010F] = "a camera's maker"
        turned = encoded(read_image(path), exif=exif, quality=95)
        for kind in ("cutout", "composite"):
            answer = service.segment(turned, f"?output={kind}&format=webp")
            with Image.open(io.BytesIO(answer.content)) as picture:
                assert picture.size == read_image(path).shape[:2]  # width and height have changed places
                assert not picture.getexif() and b"maker" not in answer.content

    @pytest.mark.parametrize(("form", "kind"), [("jpeg", "image/jpeg"), ("png", "image/png"), ("webp", "image/webp")])
    def test_formats_of_a_composite(self, service: Service, photo: bytes, form: str, kind: str):
        answer = service.segment(photo, f"?background=%2300b140&format={form}")
        assert answer.headers["content-type"] == kind
        assert pixels(answer.content)[2, 2] == pytest.approx([0, 0xB1, 0x40], abs=8)

    def test_a_background_may_be_a_picture(
        self, service: Service, photo: bytes, path: Path, mini: Path, tmp_path: Path
    ):
        behind = sorted((mini / "images").glob("*.jpg"))[0]
        predict(path, tmp_path, "--outputs", "background", "--background", str(behind))
        answer = service.post("/segment", files={"image": photo, "background": behind.read_bytes()})
        assert answer.content == (tmp_path / "background" / f"{NAME}.jpg").read_bytes()

    def test_many_photos_and_kinds_come_in_an_archive(self, service: Service, photos: list[bytes]):
        files = [("image", ("private name.jpg", photo)) for photo in photos[:3]]
        answer = service.post("/segment?output=mask&output=alpha", files=files)
        found = in_zip(answer)
        assert list(found) == [f"{number}_{kind}.png" for number in (1, 2, 3) for kind in ("mask", "alpha")]
        for number, photo in enumerate(photos[:3], 1):
            assert found[f"{number}_mask.png"] == service.segment(photo, "?output=mask").content


class TestRefusals:
    @pytest.mark.parametrize(
        ("content", "status", "what"),
        [
            (b"", 422, "is empty"),
            (b"hello, I am a picture", 415, "is no JPEG, PNG or WebP"),
            (b"GIF89a" + b"\0" * 100, 415, "is no JPEG, PNG or WebP"),
            (b"%PDF-1.7 ...", 415, "is no JPEG, PNG or WebP"),
            (b"\xff\xd8\xff\xe0\0\x10JFIF", 422, "is broken"),
            (b"\x89PNG\r\n\x1a\n", 422, "is broken"),
            (png_head(60000, 60000), 413, "has 3,600,000,000 pixels"),
            (png_head(1 << 31, 1), 413, "has 2,147,483,648 pixels"),
            (png_head(3000, 3000), 422, "is not an image, or is broken"),
            (b"RIFF\x1e\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + b"\xff" * 6, 413, "pixels"),
            (b"\xff\xd8" + b"\xff" * 1_000_000, 422, "is broken"),
            (b"\0" * 2_000_001, 413, "has more than the 2,000,000 bytes"),
        ],
        ids=lambda value: str(value)[:30] if isinstance(value, bytes) else str(value),
    )
    def test_bodies(self, service: Service, content: bytes, status: int, what: str):
        start = time.perf_counter()
        answer = service.segment(content)
        assert answer.status_code == status and what in problem(answer)
        assert time.perf_counter() - start < 5

    def test_a_truncated_photo_of_many(self, service: Service, photo: bytes):
        files = [("image", photo), ("image", photo[: len(photo) // 2]), ("image", b"text")]
        answer = service.post("/segment", files=files)
        assert answer.status_code == 415 and problem(answer) == "image 3: is no JPEG, PNG or WebP"
        answer = service.post("/segment", files=[*files[:2], files[1]])
        assert answer.status_code == 422
        assert problem(answer) == "image 2: is truncated: its end is missing; image 3: is truncated: its end is missing"

    def test_a_jpeg_of_endless_scans(self, service: Service, photo: bytes):
        progressive = encoded(pixels(photo), progressive=True)
        start = progressive.rindex(b"\xff\xda")
        answer = service.segment(progressive[:start] + progressive[start:-2] * 200 + b"\xff\xd9")
        assert answer.status_code == 422 and "scans" in problem(answer)
        assert service.segment(progressive).status_code == 200

    def test_pixels_of_all_pictures_count_together(self, service: Service):
        large = encoded(np.zeros((2000, 3500, 3), np.uint8), "PNG")
        assert service.segment(large).status_code == 200
        answer = service.post("/segment", files={"image": large, "background": large})
        assert answer.status_code == 413 and "have together 14,000,000 pixels" in problem(answer)

    def test_a_body_that_does_not_say_how_long_it_is(self, service: Service):
        answer = service.post("/segment", content=(b"\0" * 100_000 for _ in range(100)))
        assert answer.status_code == 415  # no type
        headers = {"Content-Type": "image/png"}
        answer = service.post("/segment", content=(b"\0" * 100_000 for _ in range(100)), headers=headers)
        assert answer.status_code == 413
        service.eventually("paddleseg_bytes_in_hand", 0)

    @pytest.mark.parametrize(
        ("query", "where"),
        [
            ("?output=masks", "output.0"),
            ("?background=/etc/passwd", "background"),
            ("?background=setup.py", "background"),
            ("?background=blur%0a", "background"),
            ("?background=file:///etc/hostname", "background"),
            ("?format=gif", "format"),
            ("?mask_values=0", "mask_values"),
            ("?mask_values=0,256", "mask_values"),
            ("?colour=red", "colour"),
        ],
    )
    def test_parameters(self, service: Service, photo: bytes, query: str, where: str):
        answer = service.segment(photo, query)
        assert answer.status_code == 422 and problem(answer).startswith(f"{where}: ")
        assert "passwd" not in answer.text and "hostname" not in answer.text

    def test_parts_of_forms(self, service: Service, photo: bytes):
        def refused(files: object, what: str, status: int = 422) -> None:
            answer = service.post("/segment", files=files)  # type: ignore[arg-type]
            assert answer.status_code == status and what in problem(answer)

        refused({"background": photo}, "holds no image")
        refused({"photo": photo}, "a part that is called neither image nor background")
        refused([("image", photo), ("background", (None, "/etc/passwd"))], "background: is text, and should be a file")
        refused([("image", photo), ("background", photo), ("background", photo)], "more than once")
        refused([("image", photo[:3000])] * 33, "more than 32 images")
        refused([("image", b"")] * 40, "Too many files")

    @pytest.mark.parametrize(
        ("headers", "content", "status"),
        [
            ({"Content-Type": "multipart/form-data"}, b"--x\r\n", 422),
            ({"Content-Type": "multipart/form-data; boundary=x"}, b"nothing of the kind", 422),
            ({"Content-Type": "multipart/form-data; boundary=x"}, b"--x\r\nA: b\r\n\r\ntext\r\n--x--\r\n", 422),
            ({"Content-Type": "text/plain"}, b"text", 415),
            ({"Content-Type": "image/jpeg", "Content-Encoding": "gzip"}, b"\x1f\x8b", 415),
            ({"Content-Type": "image/jpeg", "Origin": "https://elsewhere.example"}, b"", 403),
            ({"Content-Type": "image/jpeg", "Origin": "null"}, b"", 403),
        ],
        ids=str,
    )
    def test_heads(self, service: Service, headers: dict[str, str], content: bytes, status: int):
        assert service.post("/segment", headers=headers, content=content).status_code == status

    def test_paths_and_methods_in_the_same_words(self, service: Service):
        assert problem(service.get("/../etc/passwd")) == "GET: not found"
        answer = service.get("/segment")
        assert answer.status_code == 405 and answer.headers["allow"] == "POST" and answer.json()["problems"]

    @pytest.mark.parametrize(
        "head",
        [
            b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 100_000,
            b"GET / HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X-%d: 1\r\n" % n for n in range(20_000)) + b"\r\n",
            b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
            b"POST /segment HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
            b"POST /segment HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00",
        ],
        ids=["long", "many", "two hosts", "two lengths", "negative", "TLS"],
    )
    def test_attacks_on_the_head(self, service: Service, head: bytes):
        with service.socket() as raw:
            raw.settimeout(15)
            try:
                raw.sendall(head)
                answer = raw.recv(100)
            except ConnectionError:  # it has heard enough
                answer = b""
        assert answer == b"" or answer.startswith(b"HTTP/1.1 400")
        assert service.get("/health").status_code == 200


class TestLoad:
    def test_many_at_once_get_their_own_answers(self, service: Service, photos: list[bytes]):
        alone = [service.segment(photo, "?output=mask").content for photo in photos]
        calls = service.figure("paddleseg_batch_photos_count")
        with ThreadPoolExecutor(32) as pool:
            found = list(pool.map(lambda n: service.segment(photos[n % 8], "?output=mask"), range(48)))
        assert [answer.content for answer in found] == [alone[n % 8] for n in range(48)]
        assert service.figure("paddleseg_batch_photos_count") - calls < 48  # some went together
        for name in ("requests", "bytes", "pixels"):
            service.eventually(f"paddleseg_{name}_in_hand", 0)

    def test_a_full_queue_says_when_to_come_again(self, predictor: Predictor, photo: bytes):
        with serving(predictor, Settings(queue=1, timeout=1.5)) as small, small.socket() as slow:
            slow.sendall(head(99) + b"x")
            small.eventually("paddleseg_requests_in_hand", 1)
            answer = small.segment(photo)
            assert answer.status_code == 429 and int(answer.headers["retry-after"]) >= 1
            assert small.get("/ready").status_code == 503 and small.get("/health").status_code == 200
            assert slow.recv(100).startswith(b"HTTP/1.1 408")  # whose body did not come in time
            small.eventually("paddleseg_requests_in_hand", 0)
            assert small.get("/ready").status_code == 200

    def test_bytes_in_memory_are_bounded(self, predictor: Predictor):
        with serving(predictor, Settings(max_bytes=10_000, timeout=3)) as small:
            held = [small.socket() for _ in range(20)]
            for one in held:
                one.sendall(head(9_000) + b"\0" * 8_900)
            small.eventually("paddleseg_bytes_in_hand", 17 * 8_900)
            answers = [one.recv(12) for one in held]
            assert sorted(answers) == [b"HTTP/1.1 408"] * 17 + [b"HTTP/1.1 429"] * 3
            for one in held:
                one.close()

    def test_an_answer_that_takes_too_long(self, predictor: Predictor):
        large = encoded(np.random.default_rng(0).integers(0, 255, (3000, 3000, 3), np.uint8), quality=50)
        with serving(predictor, Settings(timeout=0.3)) as hasty:
            assert hasty.segment(large).status_code in (408, 504)
            for name in ("requests", "bytes", "pixels"):
                hasty.eventually(f"paddleseg_{name}_in_hand", 0)

    def test_who_says_nothing_is_dropped(self, service: Service, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(protocol, "HEAD_S", 0.3)
        with service.socket() as silent, service.socket() as drop_by_drop:
            drop_by_drop.sendall(b"GET /health HTTP/1.1\r\nHo")
            start = time.monotonic()
            assert silent.recv(1) == b"" or pytest.fail("it was answered")
            with pytest.raises(ConnectionError):
                for _ in range(50):
                    drop_by_drop.sendall(b"s")
                    time.sleep(0.05)
            assert time.monotonic() - start < 4

    def test_who_does_not_take_the_answer_is_dropped(self, service: Service, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(protocol, "STALLED_S", 0.3)
        noise = encoded(np.random.default_rng(0).integers(0, 255, (1500, 2000, 3), np.uint8), quality=30)
        with service.socket() as deaf:
            deaf.sendall(head(len(noise), "?background=blur&format=png") + noise)
            service.eventually("paddleseg_requests_in_hand", 0)
            service.eventually("paddleseg_bytes_in_hand", 0)


class TestAccess:
    @pytest.fixture(scope="class")
    def closed(self, predictor: Predictor) -> Iterator[Service]:
        with serving(predictor, Settings(token=TOKEN, cors=("https://friend.example",))) as running:
            yield running

    def test_a_token_opens(self, closed: Service, photo: bytes):
        for path in ("/card", "/metrics"):
            assert closed.get(path).status_code == 401
        for wrong in ("", "Bearer", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", "Bearer \u00e9"):
            answer = closed.segment(photo, Authorization=wrong.encode())  # type: ignore[arg-type]
            assert answer.status_code == 401 and answer.headers["www-authenticate"] == "Bearer"
        right = {"Authorization": f"Bearer {TOKEN}"}
        assert (
            closed.segment(photo, **right).status_code == 200 and closed.get("/card", headers=right).status_code == 200
        )
        assert (
            closed.get("/health").status_code == closed.get("/ready").status_code == closed.get("/").status_code == 200
        )

    def test_a_stream_takes_it_as_a_header_or_in_words(self, closed: Service, photo: bytes):
        address = f"ws://127.0.0.1:{closed.port}/stream"
        with connect(address) as socket:
            socket.send(json.dumps({"token": TOKEN}))
            assert json.loads(socket.recv()) == {"ready": True}
        with connect(address, additional_headers={"Authorization": f"Bearer {TOKEN}"}) as socket:
            socket.send("{}")
            assert json.loads(socket.recv()) == {"ready": True}
        with connect(address) as socket:
            socket.send("{}")
            assert "token" in socket.recv()
            with pytest.raises(ConnectionClosed):
                socket.recv()

    def test_origins(self, service: Service, closed: Service, photo: bytes):
        friend, right = "https://friend.example", {"Authorization": f"Bearer {TOKEN}"}
        answer = closed.segment(photo, Origin=friend, **right)
        assert answer.status_code == 200 and answer.headers["access-control-allow-origin"] == friend
        asked = {"Origin": friend, "Access-Control-Request-Method": "POST"}
        assert closed.options("/segment", headers=asked).headers["access-control-allow-origin"] == friend
        answer = service.segment(photo, Origin=f"http://127.0.0.1:{service.port}")
        assert answer.status_code == 200 and "access-control-allow-origin" not in answer.headers
        assert service.options("/segment", headers=asked).status_code == 405
        with pytest.raises(InvalidStatus), connect(f"ws://127.0.0.1:{service.port}/stream", origin=friend):
            pass


class TestStream:
    @pytest.fixture
    def socket(self, service: Service) -> Iterator[object]:
        service.eventually("paddleseg_streams", 0)
        with connect(f"ws://127.0.0.1:{service.port}/stream", max_size=None) as opened:
            yield opened

    def test_each_reply_names_its_frame(self, socket, photos: list[bytes], predictor: Predictor):
        socket.send('{"output": "alpha"}')
        assert json.loads(socket.recv()) == {"ready": True}
        session = Session(predictor, temporal="adaptive")
        for number, photo in enumerate(photos[:3], 1):
            socket.send(photo)
            about = json.loads(socket.recv())
            assert (about["frame"], about["dropped"]) == (number, 0) and about["ms"] > 0
            assert np.array_equal(pixels(socket.recv()), session(pixels(photo)).opacity)

    @pytest.mark.parametrize(
        ("options", "form", "mode"),
        [
            ({}, "JPEG", "RGB"),
            ({"background": "#102030", "format": "webp", "temporal": None}, "WEBP", "RGB"),
            ({"output": "cutout"}, "PNG", "RGBA"),
        ],
        ids=str,
    )
    def test_options(self, socket, photo: bytes, options: dict[str, str], form: str, mode: str):
        socket.send(json.dumps(options))
        socket.recv()
        socket.send(photo)
        socket.recv()
        with Image.open(io.BytesIO(socket.recv())) as picture:
            assert (picture.format, picture.mode) == (form, mode)

    def test_a_bad_frame_is_named_and_the_next_is_answered(self, socket, photo: bytes):
        socket.send("{}")
        socket.recv()
        for bad, what in ((b"text", "is no JPEG"), (photo[:9000], "truncated"), (png_head(9999, 9999), "pixels")):
            socket.send(bad)
            about = json.loads(socket.recv())
            assert what in about["problems"][0]["what"]
        socket.send(photo)
        assert json.loads(socket.recv())["frame"] == 4 and len(socket.recv()) > 1000

    def test_frames_are_dropped_rather_than_kept(self, socket, photo: bytes):
        socket.send("{}")
        socket.recv()
        for _ in range(60):
            socket.send(photo)
        numbers = []
        while not numbers or numbers[-1] < 60:
            about = json.loads(socket.recv())
            numbers.append(about["frame"])
            socket.recv()
        assert numbers == sorted(set(numbers)) and about["dropped"] == 60 - len(numbers) > 0

    @pytest.mark.parametrize(
        "first", ['{"background": "/etc/passwd"}', '{"size": 3}', "no JSON", "[]", b"{}", '{"background": "blur:1e9"}']
    )
    def test_wrong_options_end_it(self, socket, first: str | bytes):
        socket.send(first)
        assert json.loads(socket.recv())["problems"]
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv()
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 1003

    def test_one_too_many(self, socket, service: Service):
        service.eventually("paddleseg_streams", 1)
        with connect(f"ws://127.0.0.1:{service.port}/stream") as second:
            assert "1 streams are open already" in second.recv()

    def test_a_client_that_goes_in_the_middle_leaves_nothing(self, service: Service, photo: bytes):
        for _ in range(3):
            with connect(f"ws://127.0.0.1:{service.port}/stream") as gone:
                gone.send("{}")
                gone.recv()
                for _ in range(5):
                    gone.send(photo)
                gone.socket.close()
            service.eventually("paddleseg_streams", 0)
        service.eventually("paddleseg_pixels_in_hand", 0)

    def test_a_frame_that_is_too_long_ends_it(self, socket):
        socket.send("{}")
        socket.recv()
        with pytest.raises(ConnectionClosed):
            socket.send(b"\0" * 2_000_001)
            socket.recv()


class TestInterface:
    def test_what_it_says_of_itself(self, service: Service):
        said = service.get("/openapi.json").json()
        assert set(said["paths"]) == {"/segment", "/health", "/ready", "/card", "/metrics"}
        post = said["paths"]["/segment"]["post"]
        assert set(post["responses"]) == {"200", "400", "403", "408", "413", "415", "422", "429", "504"}
        shown = [one for one in post["responses"].values() if "application/json" in one["content"]]
        assert all(one["content"]["application/json"]["example"]["problems"] for one in shown)
        card = service.get("/card").json()
        assert card["card"]["name"] == "portrait" and card["limits"]["max_pixels"] == 13_000_000

    def test_figures(self, service: Service, photo: bytes):
        service.segment(photo)
        service.get("/wp-login.php")
        text = service.get("/metrics").text
        assert 'paddleseg_requests_total{method="POST",path="/segment",status="200"}' in text
        assert 'path="other",status="404"' in text and "wp-login" not in text
        assert 'paddleseg_stage_seconds_bucket{le="0.01",stage="net"}' in text

    def test_the_page_may_load_nothing(self, service: Service):
        answer = service.get("/")
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'sha256-") and "unsafe" not in policy
        assert not re.findall(r"(?:src|href)=\"(?:https?:)?//", answer.text)
