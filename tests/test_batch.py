"""`paddleseg batch`: the pictures of `predict`, in chunks that survive whatever ends a process."""

from __future__ import annotations

import csv
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paddleseg.batch.folder import Plan, prepare
from paddleseg.batch.index import Tally
from paddleseg.batch.photos import Photo, Source
from paddleseg.batch.pool import Pool
from paddleseg.batch.run import Outcome, raise_failures, run
from paddleseg.batch.settings import Settings
from paddleseg.cli.main import main
from paddleseg.errors import ConfigError, DataError, OutputError
from paddleseg.images.io import read_image, read_label
from paddleseg.inference.soft_labels import predictor_of, soft_label

pytest.importorskip("onnxruntime")
pq = pytest.importorskip("pyarrow.parquet")

PHOTOS, CHUNK = 7, 3


class Here:
    """An engine whose only process is this one."""

    jobs = 1

    def __init__(self, settings: Settings):
        self.settings = settings

    def start(self) -> Here:
        return self

    def call(self, job: Callable[..., Any], *arguments: Any) -> Any:
        return job(self.settings, None, *arguments)

    def kill(self) -> None: ...

    def close(self) -> None: ...


@pytest.fixture
def photos(tmp_path: Path, mini: Path) -> Path:
    """Seven photos in two folders, one of them with a name that another has too but for its ending."""
    folder = tmp_path / "photos"
    (folder / "deep").mkdir(parents=True)
    for number, photo in enumerate(sorted((mini / "images").iterdir())[: PHOTOS - 1]):
        shutil.copy(photo, folder / ("deep" if number % 2 else "") / photo.name)
    first = min(folder.glob("*.jpg"))
    shutil.copy(first, first.with_suffix(".jpeg"))
    return folder


def settings(photos: Path, output: Path, **more: Any) -> Settings:
    given = {"model": "zoo://portrait", "outputs": ("mask",), "chunk": CHUNK} | more
    return Settings(output=str(output), root=str(photos), **given)


def batch(photos: Path, output: Path, engine: type = Here, **more: Any) -> tuple[Plan, Outcome]:
    what = settings(photos, output, **more)
    plan = prepare(what, Source(photos))
    return plan, run(plan, engine(what) if engine is Here else engine(what, 1))


def command(photos: Path, output: Path, *more: str) -> list[str]:
    kinds = ["--model_path", "zoo://portrait", "--outputs", "mask", "--jobs", "1", "--chunk", str(CHUNK)]
    return ["batch", str(photos), str(output), *kinds, *more]


def files(folder: Path) -> dict[str, bytes]:
    """All that has to be the same however a batch was run: everything but times."""
    found = [path for path in folder.rglob("*") if path.is_file() and not {"times", ".lock"} & {*path.parts}]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def index(output: Path) -> list[dict[str, Any]]:
    return pq.read_table(output / "index").to_pylist()


class TestResults:
    def test_pictures_are_those_of_predict(self, photos: Path, tmp_path: Path):
        assert main([*command(photos, tmp_path / "batch"), "--outputs", "mask", "cutout"]) == 0
        predicted = ["predict", "--model_path", "zoo://portrait", "--image_path", str(photos)]
        assert main([*predicted, "--save_dir", str(tmp_path / "predict"), "--outputs", "mask", "cutout"]) == 0
        ours = {name: content for name, content in files(tmp_path / "batch").items() if name.endswith(".png")}
        assert len(ours) == 2 * PHOTOS and ours == files(tmp_path / "predict")

    def test_the_index_tells_of_every_photo(self, photos: Path, tmp_path: Path):
        batch(photos, tmp_path / "out")
        rows = index(tmp_path / "out")
        assert sorted(row["name"] for row in rows) == sorted(
            path.relative_to(photos).as_posix() for path in photos.rglob("*.jp*g")
        )
        assert {output for row in rows for output in row["outputs"]} == {
            path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out" / "mask").rglob("*.png")
        }
        for row in rows:
            (mask,) = (tmp_path / "out" / output for output in row["outputs"])
            label = read_label(mask)
            assert label.shape == (row["height"], row["width"]) and row["bytes"] == mask.stat().st_size
            assert row["area"] == pytest.approx((label > 0).mean()) and row["status"] == "done"
        times = pq.read_table(tmp_path / "out" / "times").to_pylist()
        assert [row["name"] for row in times] == [row["name"] for row in rows] and min(row["ms"] for row in times) > 0

    def test_soft_labels_and_checks_need_no_pictures(self, photos: Path, tmp_path: Path):
        first = min(photos.glob("*.jpg"))
        first.rename(first.with_suffix(".png"))  # a JPEG still
        more = {"model": "", "outputs": (), "check": True, "soft_models": ("zoo://portrait",)}
        batch(photos, tmp_path / "out", **more)
        rows = {row["name"]: row for row in index(tmp_path / "out")}
        assert rows[first.with_suffix(".png").name]["remarks"] == ["misnamed"]
        # The photo and its copy, which a query on the index finds so.
        assert len({row["sha256"] for row in rows.values()}) == PHOTOS - 1
        row = next(row for row in rows.values() if "deep" in row["name"])
        expected = soft_label([predictor_of("zoo://portrait")], read_image(photos / row["name"]))
        assert np.array_equal(read_label(tmp_path / "out" / row["outputs"][0]), expected) and row["area"] is None

    def test_greys_for_too_few_classes_are_refused_before_anything_is_written(self, photos: Path, tmp_path: Path):
        with pytest.raises(ConfigError, match="grey values"):
            batch(photos, tmp_path / "out", mask_values=(0,))
        assert not (tmp_path / "out").exists()


class TestSources:
    @pytest.mark.parametrize("kind", ["txt", "csv", "parquet"])
    def test_lists(self, photos: Path, tmp_path: Path, kind: str):
        names = [path.relative_to(photos).as_posix() for path in photos.rglob("*.jpg")]
        path = tmp_path / f"list.{kind}"
        if kind == "txt":
            path.write_text("\n".join([*names, names[0]]))
        elif kind == "csv":
            path.write_text("number,path\n" + "".join(f"{n},{name}\n" for n, name in enumerate([*names, names[0]])))
        else:
            import pyarrow as pa

            pq.write_table(pa.table({"number": [*range(len(names) + 1)], "path": [*names, names[0]]}), path)
        source = Source(path, root=photos)
        found = list(source.photos(tmp_path / "out"))
        assert sorted(photo.name for photo in found) == sorted(names) and source.place == photos
        assert "1 names that are there more than once" in source.remark()

    def test_a_list_of_no_files_is_refused_at_once(self, tmp_path: Path):
        (tmp_path / "list.txt").write_text("a.jpg\nb.jpg\n")
        with pytest.raises(DataError, match="none of the first 2 names is a file"):
            list(Source(tmp_path / "list.txt").photos(tmp_path / "out"))

    def test_results_in_the_source_are_no_photos(self, photos: Path):
        output = photos / "out"
        for _ in range(2):
            plan, outcome = batch(photos, output)
            assert (plan.total, outcome.total, plan.news) == (PHOTOS, PHOTOS, "")

    def test_two_photos_never_share_a_result(self, photos: Path, tmp_path: Path):
        found = list(Source(photos).photos(tmp_path))
        assert len({Path(photo.out).with_suffix("") for photo in found}) == PHOTOS


class TestFolder:
    def test_a_finished_batch_is_left_alone(self, photos: Path, tmp_path: Path):
        batch(photos, tmp_path / "out")
        before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.p*")}
        _, outcome = batch(photos, tmp_path / "out")
        assert outcome.now == Tally() and outcome.all.done == PHOTOS
        assert {path: path.stat().st_mtime_ns for path in before} == before

    def test_other_settings_are_refused(self, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
        batch(photos, tmp_path / "out")
        before = files(tmp_path / "out")
        assert main(command(photos, tmp_path / "out", "--mask_values", "0", "255")) == 2
        said = capsys.readouterr().err
        assert "mask_values was [], is [0, 255]" in said and "hint: choose another OUTPUT" in said
        assert files(tmp_path / "out") == before

    def test_a_folder_of_something_else_is_refused(self, photos: Path):
        with pytest.raises(OutputError, match="is not empty"):
            batch(photos, photos)

    def test_photos_that_came_later_are_named_and_left_out(self, photos: Path, tmp_path: Path):
        batch(photos, tmp_path / "out")
        shutil.copy(min(photos.glob("*.jpg")), photos / "new.jpg")
        plan, outcome = batch(photos, tmp_path / "out")
        assert "holds 1 photos that it did not hold" in plan.news and "(new.jpg)" in plan.news
        assert outcome.total == PHOTOS


class TestFailures:
    def test_they_are_listed_and_may_be_tried_again(
        self, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ):
        broken = min(photos.glob("*.jpg"))
        whole = broken.read_bytes()
        broken.write_bytes(whole[:2000])
        output = tmp_path / "out"
        assert main(command(photos, output)) == 2
        said = capsys.readouterr()
        assert f"{PHOTOS - 1} of {PHOTOS} photos done, 1 failed" in said.out
        assert f"{broken.name}: is truncated" in said.err and f"{output / 'failures.csv'}: names all" in said.err
        (row,) = csv.DictReader((output / "failures.csv").open())
        assert row["path"] == str(broken) and row["problem"].startswith("is truncated")
        assert [photo.name for photo in Source(output / "failures.csv").photos(output)] == [str(broken)]
        broken.write_bytes(whole)
        assert main(command(photos, output, "--retry_failed")) == 0
        assert not (output / "failures.csv").exists() and {row["status"] for row in index(output)} == {"done"}

    def test_the_disk_may_be_limited(self, photos: Path, tmp_path: Path):
        what = settings(photos, tmp_path / "out")
        plan = prepare(what, Source(photos))
        first, again = run(plan, Here(what), max_bytes=1), run(plan, Here(what), max_bytes=1)
        assert first.is_full and CHUNK <= first.all.done < PHOTOS  # one chunk may be under way while another ends
        assert again.is_full and again.now.done == 0
        assert not run(plan, Here(what)).is_full

    def test_a_photo_that_kills_its_process_costs_that_photo(self, photos: Path, tmp_path: Path):
        deadly = min(photos.glob("*.jpg")).name
        what = settings(photos, tmp_path / "out")
        plan = prepare(what, Source(photos))
        outcome = run(plan, Deadly(what, deadly))
        assert (outcome.all.done, outcome.all.failed) == (PHOTOS - 1, 1)
        (row,) = csv.DictReader((tmp_path / "out" / "failures.csv").open())
        assert row["path"] == str(photos / deadly) and "SIGSEGV" in row["problem"]
        with pytest.raises(DataError, match=f"{deadly}.*SIGSEGV"):
            raise_failures(plan, outcome)

    def test_a_full_disk_ends_the_run_and_it_goes_on(self, photos: Path, tmp_path: Path):
        what = settings(photos, tmp_path / "out")
        plan, limits = prepare(what, Source(photos)), resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
        try:
            with pytest.raises(OutputError, match="cannot be written"):
                run(plan, Here(what))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        left = [path for path in (tmp_path / "out").rglob("*") if path.name.startswith(".") and path.is_file()]
        assert not left and not plan.finished()
        batch(photos, tmp_path / "out")
        batch(photos, tmp_path / "other")
        assert files(tmp_path / "out") == files(tmp_path / "other")


class TestKilled:
    @pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
    def test_it_goes_on_to_the_same_files(self, photos: Path, tmp_path: Path, how: signal.Signals):
        output = tmp_path / "out"
        program = [sys.executable, "-m", "paddleseg.cli.main", *command(photos, output)]
        with subprocess.Popen(program, stderr=subprocess.PIPE, text=True) as process:
            wait_for(lambda: list((output / "mask").rglob("*.png")))
            children = descendants(process.pid)
            process.send_signal(how)
            said = process.communicate()[1]
        if how == signal.SIGINT:
            assert process.returncode == 130 and "the same command goes on from here" in said
        wait_for(lambda: not any(map(is_alive, children)))
        for path in output.rglob("*"):
            if path.suffix == ".png" and not path.name.startswith("."):
                read_label(path)
        batch(photos, output)
        batch(photos, tmp_path / "other")
        assert files(output) == files(tmp_path / "other")

    def test_a_killed_process_costs_nothing_but_time(self, photos: Path, tmp_path: Path):
        what = settings(photos, tmp_path / "out")
        killed: list[int] = []

        def kill_once(outcome: Outcome) -> None:
            marks = list((tmp_path / "out" / ".started").iterdir())
            if marks and not killed:
                killed.append(int(marks[0].name.partition("-")[2]))
                os.kill(killed[0], signal.SIGKILL)

        plan = prepare(what, Source(photos))
        engine = Pool(what, 1)
        outcome = run(plan, engine, watch=kill_once)
        batch(photos, tmp_path / "other")
        assert outcome.all.done == PHOTOS and files(tmp_path / "out") == files(tmp_path / "other")


def test_ray_gives_the_same_files(photos: Path, tmp_path: Path):
    pytest.importorskip("ray")
    assert main(command(photos, tmp_path / "ray", "--ray", "local")) == 0
    assert main(command(photos, tmp_path / "pool")) == 0
    assert files(tmp_path / "ray") == files(tmp_path / "pool")


def test_ray_names_a_photo_that_kills_its_actor(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    pytest.importorskip("ray")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))  # where actors find `crash`
    from paddleseg.batch.on_ray import Ray

    deadly = min(photos.glob("*.jpg")).name
    what = settings(photos, tmp_path / "out")
    engine = Ray(what, "local", 1)
    try:
        outcome = run(prepare(what, Source(photos)), Deadly(what, deadly, engine))
    finally:
        engine.close()
    assert (outcome.all.done, outcome.all.failed) == (PHOTOS - 1, 1)
    (row,) = csv.DictReader((tmp_path / "out" / "failures.csv").open())
    assert row["path"] == str(photos / deadly)


class Deadly:
    """An engine whose processes die, as of a decoder's fault, where a job has the photo of that name."""

    jobs = 1

    def __init__(self, what: Settings, name: str, engine: Any = None):
        self.name, self._engine = name, engine or Pool(what, 1)

    def start(self) -> Mortal:
        return Mortal(self._engine.start(), self.name)

    def close(self) -> None: ...


class Mortal:
    def __init__(self, process: Any, name: str):
        self._process, self._name = process, name
        self.kill, self.close = process.kill, process.close

    def call(self, job: Callable[..., Any], *arguments: Any) -> Any:
        photos = [photo.name for photo in arguments[-1] if isinstance(photo, Photo)] if arguments else []
        return self._process.call(crash if self._name in photos else job, *arguments)


def crash(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def wait_for(condition: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def descendants(pid: int) -> list[int]:
    def of(parent: int) -> Iterator[int]:
        for task in Path(f"/proc/{parent}/task").iterdir():
            for child in map(int, (task / "children").read_text().split()):
                yield child
                yield from of(child)

    return list(of(pid))


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except OSError:
        return False


def test_without_pyarrow_it_says_what_to_install(photos: Path, tmp_path: Path):
    code = (
        "import sys; sys.modules['pyarrow'] = None\nfrom paddleseg.cli.main import main; sys.exit(main(sys.argv[1:]))"
    )
    program = [sys.executable, "-c", code, *command(photos, tmp_path / "out")]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "[batch]" in done.stderr, done.stderr
    assert not (tmp_path / "out").exists()
