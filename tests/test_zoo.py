"""Published weights: their cards, fetching what is not packed, and every one of them on real photos."""

from __future__ import annotations

import functools
import http.server
import io
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import yaml

from paddleseg import fetch, zoo
from paddleseg.card import Card, read_card
from paddleseg.cli.main import main
from paddleseg.errors import ConfigError, WeightsError
from paddleseg.files import file_sha256
from paddleseg.images.io import read_image, read_label
from paddleseg.inference.predictor import Predictor
from paddleseg.models.weights import load_weights, resolve

NAMES = [uri.removeprefix("zoo://") for uri in zoo.names()]
GRAPHS = [name for name in NAMES if read_card(zoo.card_path(name)).files.weights is None]
"""Those in 8 bits, which nobody trains."""
MATTES = [name for name in NAMES if read_card(zoo.card_path(name)).task == "matting"]
MASKS = [name for name in NAMES if name not in MATTES]
LITE = "pp_humanseg_v1_lite"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PADDLESEG_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    return tmp_path / "home"


class Server(http.server.ThreadingHTTPServer):
    """Serves a folder on this machine and counts what it is asked for."""

    def __init__(self, folder: Path):
        self.requests: list[str] = []
        super().__init__(("127.0.0.1", 0), functools.partial(_Handler, directory=str(folder)))

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{path}"


class _Handler(http.server.SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        self.server.requests.append(self.path)  # type: ignore[attr-defined]
        if not self.path.endswith("broken.pdparams"):
            return super().do_GET()
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b"x" * 400)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(tmp_path: Path, home: Path) -> Iterator[Server]:
    (tmp_path / "www").mkdir()
    with Server(tmp_path / "www") as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def pack(path: Path, members: dict[str, bytes]) -> None:
    with tarfile.open(path, "w:gz") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))


class TestCards:
    @pytest.mark.parametrize("name", NAMES)
    def test_a_card_says_what_people_have_to_know(self, name: str):
        card = read_card(zoo.card_path(name))
        assert card.name == name
        assert card.licence and card.origin and card.task and card.sources and card.known_failures
        # Times in 8 bits stand in docs/howto/slim.md, beside those in float.
        untold = {kind for kind, figures in dict(card.measured).items() if not figures}
        assert untold == {"scores" if name in MATTES else "mattes"} | ({"latency"} if name in GRAPHS else set())
        wanted = set() if name in MATTES else {"portrait_mini val.txt"}
        assert wanted < {score.data for score in card.measured.scores or card.measured.mattes}

    @pytest.mark.parametrize("name", NAMES)
    def test_the_files_are_the_ones_on_the_card(self, name: str):
        card = read_card(zoo.card_path(name))
        path = zoo.onnx_path(name) if name in GRAPHS else zoo.weights_path(name)
        file = card.files.weights or card.files.onnx
        assert (path.name, path.stat().st_size, file_sha256(path)) == (file, card.bytes, card.sha256)
        if card.files.onnx:
            assert zoo.onnx_path(name).name == card.files.onnx

    @pytest.mark.parametrize("name", GRAPHS)
    def test_a_graph_in_8_bits_is_under_half_and_has_no_weights_to_train(self, name: str, tmp_path: Path):
        plain = zoo.onnx_path(name.removesuffix("_int8"))
        assert zoo.onnx_path(name).stat().st_size < plain.stat().st_size / 2
        with pytest.raises(WeightsError, match="without weights to build a network of"):
            resolve(f"zoo://{name}")
        assert main(["zoo", "get", name, "--save_dir", str(tmp_path)]) == 0
        assert {file.name for file in tmp_path.iterdir()} == {f"{name}.onnx", f"{name}.yml"}

    def test_a_url_needs_a_digest(self, tmp_path: Path):
        (tmp_path / "card.yml").write_text("card: 1\nurl: https://example.org/w.pdparams\n")
        with pytest.raises(ConfigError, match="url needs sha256"):
            read_card(tmp_path / "card.yml")

    def test_a_score_is_a_share_with_its_command(self, tmp_path: Path):
        (tmp_path / "card.yml").write_text("card: 1\nscores: [{data: a, images: 3, size: [8, 8], mIoU: 92.8}]\n")
        with pytest.raises(ConfigError) as caught:
            read_card(tmp_path / "card.yml")
        faults = {problem.where.rpartition(" ")[2] for problem in caught.value.problems}
        assert faults == {"measured.scores.0.mIoU", "measured.scores.0.command", "measured.scores.0.commit"}


class TestEveryPublishedModel:
    @pytest.mark.parametrize("name", MATTES)
    def test_its_mattes_fit_the_masks_of_the_bundled_photos(self, name: str, mini: Path):
        predictor, errors = Predictor.from_zoo(name), []
        for line in (mini / "val.txt").open():
            image, label = (mini / each for each in line.split())
            photo, truth = read_image(image), read_label(label)
            alpha = predictor(photo).alpha
            assert alpha.shape == photo.shape[:2] and alpha.min() >= 0 and alpha.max() <= 1
            errors.append(np.square(alpha - (truth == 1))[truth != 255].mean())
        assert np.mean(errors) < 0.05

    @pytest.mark.parametrize("name", MASKS)
    def test_it_scores_on_the_bundled_photos_what_its_card_says(self, name: str, mini: Path):
        predictor = Predictor.from_zoo(name)
        pairs = [(mini / line.split()[0], mini / line.split()[1]) for line in (mini / "val.txt").open()]
        inside = union = np.zeros(2)
        for image, label in pairs:
            photo, truth = read_image(image), read_label(label)
            result = predictor(photo)
            assert (
                result.mask.shape == photo.shape[:2] and result.prob is not None and min(result.timing_ms.values()) > 0
            )
            counted = truth != 255
            hits = [[(result.mask == k) & counted, (truth == k) & counted] for k in (0, 1)]
            inside = inside + [(mask & label).sum() for mask, label in hits]
            union = union + [(mask | label).sum() for mask, label in hits]
        score = next(s for s in predictor.card.measured.scores if s.data == "portrait_mini val.txt")
        assert (inside / union).mean() == pytest.approx(score.mIoU, abs=1e-4)
        assert (inside / union)[1] == pytest.approx(score.foreground_IoU, abs=1e-4)

    @pytest.mark.parametrize("name", [name for name in NAMES if read_card(zoo.card_path(name)).files.onnx])
    def test_onnx_runtime_gives_its_probabilities_without_paddle(self, name: str, mini: Path, tmp_path: Path):
        photo = read_image(mini / (mini / "val.txt").read_text().split()[0])
        code = f"""
import sys, numpy as np
from paddleseg.inference.predictor import Predictor
from paddleseg.images.io import read_image
photo = read_image({str(mini / (mini / "val.txt").read_text().split()[0])!r})
result = Predictor.from_zoo({name!r}, runtime="onnx", threads=1)(photo)
np.save({str(tmp_path / "prob.npy")!r}, result.alpha if {name in MATTES} else result.prob)
assert "paddle" not in sys.modules, "Paddle was imported"
"""
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        result = Predictor.from_zoo(name)(photo)
        expected = result.alpha if name in MATTES else result.prob
        np.testing.assert_allclose(np.load(tmp_path / "prob.npy"), expected, atol=1e-4)

    def test_a_graph_that_does_not_ship_can_be_put_beside(self, home: Path, monkeypatch: pytest.MonkeyPatch):
        shipped = zoo.onnx_path(LITE).read_bytes()
        monkeypatch.setattr(zoo, "_FOLDER", home / "package")
        (home / "package").mkdir(parents=True)
        (home / "package" / f"{LITE}.yml").write_text("card: 1\n")
        with pytest.raises(WeightsError, match=f"save it as {home}/{LITE}.onnx"):
            zoo.onnx_path(LITE)
        (home / f"{LITE}.onnx").write_bytes(shipped)
        assert zoo.onnx_path(LITE) == home / f"{LITE}.onnx"


class TestFetch:
    WEIGHTS = zoo.weights_path(LITE)

    def test_a_pretrained_address_is_fetched_once(self, server: Server, tmp_path: Path, home: Path, capsys):
        from paddleseg.models.humanseg.lite import PPHumanSegLite

        (tmp_path / "www" / "some").mkdir()
        (tmp_path / "www" / "some" / "model.pdparams").write_bytes(self.WEIGHTS.read_bytes())
        url = server.url("some/model.pdparams")
        model = PPHumanSegLite(pretrained=url)
        assert "Fetching" in capsys.readouterr().err
        want = PPHumanSegLite(pretrained=f"zoo://{LITE}")
        for name, value in want.state_dict().items():
            np.testing.assert_array_equal(model.state_dict()[name].numpy(), value.numpy())
        assert resolve(url) == fetch.kept_as(url) and resolve(url).is_relative_to(home / "127.0.0.1")
        assert server.requests == ["/some/model.pdparams"]
        assert not list(home.rglob(".*"))

    def test_equal_file_names_of_two_models_are_kept_apart(self, server: Server, tmp_path: Path):
        for name in ("a", "b"):
            (tmp_path / "www" / name).mkdir()
            (tmp_path / "www" / name / "model.pdparams").write_text(name)
        assert [resolve(server.url(f"{name}/model.pdparams")).read_text() for name in "ab"] == ["a", "b"]

    def test_of_an_archive_only_the_weights_are_read(self, server: Server, tmp_path: Path, home: Path):
        content = self.WEIGHTS.read_bytes()
        members = {"../../escape.txt": b"out", "net/model.pdparams": content, "/abs.txt": b"out"}
        pack(tmp_path / "www" / "net.tar.gz", members)
        url = server.url("net.tar.gz")
        assert resolve(url).read_bytes() == content
        assert resolve(url).name == "net.tar.gz.pdparams" and resolve(url).is_relative_to(home / "127.0.0.1")
        assert len(server.requests) == 1
        written = {path.name for path in tmp_path.rglob("*") if path.is_file()}
        assert written == {"net.tar.gz", "net.tar.gz.pdparams"}

    @pytest.mark.parametrize(("members", "count"), [({}, 0), ({"a/model.pdparams": b"", "b/model.pdparams": b""}, 2)])
    def test_an_archive_without_one_set_of_weights_is_refused(self, server, tmp_path, members, count):
        pack(tmp_path / "www" / "net.tar.gz", members)
        with pytest.raises(WeightsError, match=f"holds {count} files called model.pdparams"):
            resolve(server.url("net.tar.gz"))

    def test_what_is_no_archive_is_named(self, server: Server, tmp_path: Path):
        (tmp_path / "www" / "net.tar.gz").write_text("hello")
        with pytest.raises(WeightsError, match="is not a readable archive"):
            resolve(server.url("net.tar.gz"))

    def test_offline_the_message_says_what_to_put_where(self, server: Server, home: Path):
        url = server.url("nets/hrnet.tar.gz")
        server.shutdown()
        server.server_close()
        with pytest.raises(WeightsError) as caught:
            resolve(url)
        place = fetch.kept_as(url)
        assert f"download {url}" in str(caught.value) and f"save it as {place}" in str(caught.value)
        place.parent.mkdir(parents=True, exist_ok=True)
        pack(place, {"model.pdparams": self.WEIGHTS.read_bytes()})
        assert resolve(url).read_bytes() == self.WEIGHTS.read_bytes()

    @pytest.mark.parametrize(
        ("path", "says"),
        [("none.pdparams", "cannot be fetched .*not found"), ("broken.pdparams", "400 of 1,000 bytes")],
    )
    def test_a_failed_fetch_leaves_nothing(self, server: Server, home: Path, path: str, says: str):
        with pytest.raises(WeightsError, match=says):
            resolve(server.url(path))
        assert not [found for found in home.rglob("*") if found.is_file()]

    def test_published_weights_that_are_not_packed_are_fetched_and_checked(
        self, server: Server, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
    ):
        from paddleseg.models.humanseg.lite import PPHumanSegLite

        (tmp_path / "package").mkdir()
        (tmp_path / "www" / "w.pdparams").write_bytes(self.WEIGHTS.read_bytes())
        text = f"card: 1\nurl: {server.url('w.pdparams')}\nsha256: "
        (tmp_path / "package" / "net.yml").write_text(text + file_sha256(self.WEIGHTS))
        (tmp_path / "package" / "wrong.yml").write_text(text + "f" * 64)
        monkeypatch.setattr(zoo, "_FOLDER", tmp_path / "package")
        load_weights(PPHumanSegLite(), "zoo://net")
        assert (home / "net.pdparams").is_file()
        (home / "net.pdparams").write_text("damaged")
        assert file_sha256(resolve("zoo://net")) == file_sha256(self.WEIGHTS)
        with pytest.raises(WeightsError, match=r"gave other bytes than expected(.|\n)*save it as .*wrong.pdparams"):
            resolve("zoo://wrong")
        assert not (home / "wrong.pdparams").exists()

    def test_without_the_variable_weights_go_to_the_users_cache(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.delenv("PADDLESEG_HOME", raising=False)
        monkeypatch.setenv("HOME", "/home/somebody")
        assert fetch.home() == Path("/home/somebody/.cache/paddleseg")


class TestCommand:
    def test_list_names_all(self, capsys: pytest.CaptureFixture):
        assert main(["zoo", "list"]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert [line.split()[0] for line in lines] == ["name", *NAMES]

    def test_show_prints_the_card(self, capsys: pytest.CaptureFixture):
        assert main(["zoo", "show", f"zoo://{LITE}"]) == 0
        assert Card.model_validate(yaml.safe_load(capsys.readouterr().out)) == zoo.card(LITE)

    def test_get_writes_what_loads(self, tmp_path: Path):
        from paddleseg.models.humanseg.lite import PPHumanSegLite

        assert main(["zoo", "get", LITE, "--save_dir", str(tmp_path / "got")]) == 0
        assert {path.name for path in (tmp_path / "got").iterdir()} == {
            f"{LITE}.{end}" for end in ("pdparams", "onnx", "yml")
        }
        load_weights(PPHumanSegLite(), tmp_path / "got" / f"{LITE}.pdparams")
        assert read_card(tmp_path / "got" / f"{LITE}.yml").name == LITE

    def test_a_wrong_name_gets_the_nearest(self, capsys: pytest.CaptureFixture):
        assert main(["zoo", "get", "pp_humanseg_v1_lit"]) == 2
        assert f"did you mean 'zoo://{LITE}'?" in capsys.readouterr().err


def test_the_page_is_what_the_cards_give(root: Path):
    command = [sys.executable, "tools/docs/model_table.py", "--check"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    page = (root / "docs" / "reference/models.md").read_text()
    for name in MASKS:
        score = read_card(zoo.card_path(name)).measured.scores[0]
        size = "x".join(map(str, score.size))
        assert f"| {score.data} | {score.images} | {size} | {100 * score.mIoU:.2f} |" in page.split(f"## {name}")[1]
    for name in MATTES:
        matte = read_card(zoo.card_path(name)).measured.mattes[0]
        assert f"| {matte.data} | {matte.images} | {matte.SAD:.4g} | {matte.MSE:.4g} |" in page.split(f"## {name}")[1]
