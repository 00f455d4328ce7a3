"""Checkpoints: damage is found and named, nothing in them runs, and callbacks get back what they gave."""

from __future__ import annotations

import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import paddle
import pytest
from run_parts import CONFIG, OPTS, OneRun, cli
from test_engine import assert_same_weights, run

from paddleseg import arrays_only
from paddleseg.cli.main import main
from paddleseg.engine import checkpoint, ownership
from paddleseg.engine.callback import Callback, named
from paddleseg.engine.callbacks import EMA, Checkpoint, EarlyStop, Finite
from paddleseg.engine.saved import entries, read_saved
from paddleseg.engine.state import TrainState
from paddleseg.errors import ConfigError, UserError, WeightsError
from paddleseg.metrics.monitor import Monitor
from paddleseg.models.humanseg.lite import PPHumanSegLite

FILES = ("model.pdparams", "model.pdopt", "model.pdstates", "ema_model.pdparams", "state.json")


@pytest.fixture(autouse=True)
def at_root(root: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(root)


def damaged(content: bytes) -> list[bytes]:
    """The content cut short and with one bit turned over, at 20 places each."""
    places = np.linspace(0, len(content) - 1, 20).astype(int).tolist()
    flipped = [content[:at] + bytes([content[at] ^ (1 << at % 8)]) + content[at + 1 :] for at in places]
    return [content[:at] for at in places] + flipped


@pytest.mark.parametrize("name", FILES)
def test_damage_of_any_byte_is_found_and_named(copy: Path, name: str):
    folder, true = copy / "iter_4", read_saved(copy / "iter_4").state
    content = (folder / name).read_bytes()
    for bytes_ in damaged(content):
        (folder / name).write_bytes(bytes_)
        try:
            found = read_saved(folder).state
        except WeightsError as error:
            assert name in str(error) or name == "state.json"  # which may name another file wrongly
        else:  # in a part that is only for people to read
            assert name == "state.json" and found == true


@pytest.mark.parametrize("name", FILES)
def test_damage_of_a_checkpoint_without_digests_shows_no_traceback(copy: Path, name: str):
    folder = as_of_before(copy / "iter_4")
    content = (folder / name).read_bytes()
    for bytes_ in damaged(content)[1::6]:
        (folder / name).write_bytes(bytes_)
        try:
            checkpoint.restore(folder, OneRun())
        except WeightsError as error:
            assert str(folder) in str(error)


@pytest.mark.parametrize("text", ["", "[]", "7", '{"step": 3}', '{"a": ', "[" * 99999, '{"step": "many"}', "\0\xff"])
def test_a_foreign_description_is_passed_over_by_auto_and_named_otherwise(
    copy: Path, text: str, capsys: pytest.CaptureFixture[str]
):
    (copy / "iter_4" / "state.json").write_text(text, encoding="latin1")
    with ownership.claim(copy, "auto") as claimed:
        assert claimed.saved and claimed.saved.folder == copy / "iter_3"
    assert f"Passed over {copy}/iter_4/state.json: is broken" in capsys.readouterr().out
    with pytest.raises(WeightsError, match=r"state\.json: is broken"), ownership.claim(copy, str(copy / "iter_4")):
        pass


def test_auto_goes_on_from_the_newest_that_is_whole(copy: Path, done: Path, capsys: pytest.CaptureFixture[str]):
    for number, name in ((4, "model.pdopt"), (3, "ema_model.pdparams")):
        path = copy / f"iter_{number}" / name
        path.write_bytes(path.read_bytes()[:-100])
    assert cli(copy, "--resume", "auto") == 0
    text = capsys.readouterr().out
    assert f"Passed over {copy}/iter_4/model.pdopt: is broken" in text and "iter_3/ema_model.pdparams" in text
    assert f"Resumed {copy}/iter_2 at iter 2." in text
    assert_same_weights(copy / "iter_4" / "ema_model.pdparams", done / "iter_4" / "ema_model.pdparams")
    assert len((copy / "old_1" / "iter_4" / "model.pdopt").read_bytes()) > 0
    for number in (1, 2, 3, 4):
        (copy / f"iter_{number}" / "model.pdstates").write_bytes(b"")
    assert cli(copy, "--resume", "auto") == 2
    errors = capsys.readouterr().err
    assert "iter_1/model.pdstates: is broken" in errors and "holds no checkpoint to go on from" in errors


class _Call:
    """What a hostile file holds: something that is called while it is read."""

    def __init__(self, path: Path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@pytest.mark.parametrize("name", [name for name in FILES if name != "state.json"])
def test_no_file_of_a_checkpoint_runs_code(copy: Path, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    folder = as_of_before(copy / "iter_4")  # no digest guards it
    (folder / name).write_bytes(pickle.dumps({"callbacks": {}, "stepper": {}, "w": _Call(tmp_path / "ran")}))
    assert cli(copy, "--resume", str(folder)) == 2
    errors = capsys.readouterr().err
    assert name in errors and "wants to run" in errors and not (tmp_path / "ran").exists()


def as_of_before(folder: Path) -> Path:
    """The checkpoint in the form that it had before runs had names."""
    states = arrays_only.read(folder / "model.pdstates")
    old = {name: states[name] for name in ("callbacks", "stepper")} | {"best": -1.0}
    (folder / "model.pdstates").write_bytes(pickle.dumps(old))
    described = json.loads((folder / "state.json").read_text())
    for name in ("run", "monitor", "files", "written"):
        del described[name]
    (folder / "state.json").write_text(json.dumps(described | {"best_metric": -1.0}))
    return folder


def test_checkpoints_of_before_still_load_and_their_run_goes_on(copy: Path, done: Path):
    for number in (1, 2, 3, 4):
        as_of_before(copy / f"iter_{number}")
    shutil.rmtree(copy / "iter_4")
    run(copy, *OPTS, "train.keep_checkpoint_max=2", resume="auto")
    assert sorted(path.name for path in copy.iterdir()) == ["iter_3", "iter_4"]
    for name in ("model.pdparams", "ema_model.pdparams"):
        assert_same_weights(copy / "iter_4" / name, done / "iter_4" / name)


def change_states(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    states = arrays_only.read(folder / "model.pdstates")
    change(states)
    (folder / "model.pdstates").write_bytes(pickle.dumps(states))
    described = json.loads((folder / "state.json").read_text())
    described["files"].pop("model.pdstates", None)
    (folder / "state.json").write_text(json.dumps(described))


def test_two_callbacks_of_a_class_keep_two_states(tmp_path: Path):
    quick, slow, stops = EMA(0.5), EMA(0.9), [EarlyStop(3), EarlyStop(5)]
    stops[1].name = "Patient"
    one = OneRun([quick, slow, *stops])
    for number, callback in enumerate((quick, slow)):
        callback.updates = number + 1
        callback.average = {name: value + number for name, value in one.model.state_dict().items()}
    stops[0].waited, stops[1].waited = 1, 2
    checkpoint.save(tmp_path / "iter_0", one)
    again = OneRun([EMA(0.5), EMA(0.9), EarlyStop(3), EarlyStop(5)])
    again.callbacks[3].name = "Patient"
    assert list(named(again.callbacks)) == ["EMA", "EMA_2", "EarlyStop", "Patient"]
    assert checkpoint.restore(tmp_path / "iter_0", again) == ""
    assert [callback.updates for callback in again.callbacks[:2]] == [1, 2]
    assert [callback.waited for callback in again.callbacks[2:]] == [1, 2]
    name = next(iter(quick.average))
    for before, after in zip((quick, slow), again.callbacks, strict=False):
        np.testing.assert_array_equal(before.average[name].numpy(), after.average[name].numpy())


def test_of_two_averages_the_first_is_evaluated_and_the_weights_come_back():
    one = OneRun([EMA(0.5), EMA(0.9)])
    name, weight = next(iter(one.model.named_parameters()))
    for number, callback in enumerate(one.callbacks, 1):
        callback.average = {key: value + number for key, value in one.model.state_dict().items()}
    before = weight.numpy()
    for callback in one.callbacks:
        callback.on_eval_start(one)
    np.testing.assert_array_equal(weight.numpy(), one.callbacks[0].average[name].numpy())
    for callback in one.callbacks:
        callback.on_eval(one, {})
    np.testing.assert_array_equal(weight.numpy(), before)


def test_callbacks_without_a_counterpart_are_said_and_averages_reach_their_owner_only(copy: Path):
    class Counter(Callback):
        loaded = 0

        def load_weights(self, weights: dict[str, Any]) -> None:
            self.loaded += 1

    class Fresh(Callback):
        def state_dict(self) -> dict[str, Any]:
            return {"seen": 3}

    counter = Counter()
    one = OneRun([counter, Fresh(), EMA()])
    change_states(copy / "iter_4", lambda states: states["callbacks"].update(Counter={"seen": 3}))
    remark = checkpoint.restore(copy / "iter_4", one)
    assert "no callback takes the state of EarlyStop" in remark and "Fresh had no state there" in remark
    assert counter.loaded == 0 and len(one.callbacks[2].average) == len(one.model.state_dict())
    change_states(copy / "iter_4", lambda states: states["callbacks"].update(EMA={"odd": 3}))
    with pytest.raises(WeightsError, match="holds no state of EMA"):
        checkpoint.restore(copy / "iter_4", one)


def test_a_state_that_would_have_to_run_code_is_refused_when_it_is_saved(tmp_path: Path):
    class Dated(Callback):
        def state_dict(self) -> dict[str, Any]:
            return {"folder": Path("x")}

    with pytest.raises(ConfigError, match=r"a state cannot be kept.*pathlib"):
        checkpoint.save(tmp_path / "iter_0", OneRun([Dated()]))
    assert not list(tmp_path.iterdir())


def test_another_optimizer_is_named(copy: Path):
    one = OneRun()
    one.stepper.optimizer = paddle.optimizer.Momentum(0.1, parameters=one.model.parameters())
    with pytest.raises(WeightsError, match="was made by AdamW, not Momentum"):
        checkpoint.restore(copy / "iter_4", one)


def test_the_monitor_decides_and_what_is_no_number_is_never_better():
    high, low = Monitor(), Monitor("SAD", "min")
    assert high.better(0.5, high.worst) and not high.better(0.5, 0.5) and high.better(0.6, 0.5)
    assert low.better(9.0, low.worst) and low.better(8.0, 9.0) and not low.better(9.0, 8.0)
    nan = float("nan")
    for monitor in (high, low):
        assert not monitor.better(nan, monitor.worst) and not monitor.better(nan, nan) and monitor.better(1.0, nan)
    assert low.of({"SAD": np.float32(2)}) == 2
    with pytest.raises(ConfigError, match="gives no SAD"):
        low.of({"mIoU": 0.5})


def test_a_smaller_value_is_the_best_where_the_monitor_says_so(tmp_path: Path):
    one = OneRun([])
    one.state = TrainState(9, Monitor("SAD", "min"))
    keeper = Checkpoint(tmp_path, 100)
    one.callbacks = [keeper]
    keeper.on_start(one)
    for step, value in enumerate((5.0, float("nan"), 3.0, 4.0), 1):
        one.state.step = step
        keeper.on_eval(one, {"SAD": value})
    assert (one.state.best_metric, one.state.best_step) == (3.0, 3)
    found = json.loads((tmp_path / "best_model" / "state.json").read_text())
    assert found["monitor"] == {"name": "SAD", "mode": "min"} and found["best_metric"] == 3
    keeper.on_end(one)
    other = OneRun([])
    assert "its best SAD is not compared with mIoU" in checkpoint.restore(tmp_path / "iter_4", other)
    assert other.state.best_metric == Monitor().worst


@pytest.mark.parametrize("where", ["weights", "averages"])
def test_weights_that_are_no_numbers_become_no_checkpoint(tmp_path: Path, where: str):
    one = OneRun([EMA()])
    one.callbacks[0].on_start(one)
    state = one.model.state_dict() if where == "weights" else one.callbacks[0].average
    name = next(iter(state))
    state[name].set_value(paddle.full_like(state[name], float("nan")))
    with pytest.raises(UserError, match=r"the network holds NaN or infinity in 1 \(stem"):
        checkpoint.save(tmp_path / "iter_0", one)
    if where == "averages":
        with pytest.raises(UserError, match="NaN"):
            checkpoint.save_best(tmp_path / "best_model", one)
    assert not list(tmp_path.iterdir())
    assert not entries(tmp_path)


def test_a_run_that_loses_its_numbers_ends_before_it_evaluates_or_goes_on():
    one, look = OneRun([]), Finite(10)
    weight = one.model.stem.conv.weight.numpy()
    weight[0, 0, 0, 0] = np.inf
    one.model.stem.conv.weight.set_value(weight)
    one.state.step = 9
    look.on_step_end(one, {})
    one.state.step = 10
    for point in (lambda: look.on_step_end(one, {}), lambda: look.on_eval_start(one)):
        with pytest.raises(UserError, match="at iter 10 the network holds NaN or infinity in 1 "):
            point()


@pytest.mark.parametrize(
    "command", [["val"], ["export"], ["predict", "--image_path", "data/portrait_mini/images/000000000785.jpg"]]
)
def test_commands_refuse_weights_that_are_no_numbers(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    state = {name: value.numpy() for name, value in PPHumanSegLite().state_dict().items()}
    state["stem.conv.weight"][0, 0, 0, 0] = float("nan")
    paddle.save(state, str(tmp_path / "w.pdparams"))
    flags = ["--config", CONFIG, "--model_path", str(tmp_path / "w.pdparams"), "--save_dir", str(tmp_path / "out")]
    assert main([command[0], *flags, *command[1:]]) == 2
    assert "w.pdparams: holds NaN or infinity in 1 (stem.conv.weight: 1 of" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
