"""How long portrait networks take on this CPU: ours beside the peers you have files of, in one interleaved run.

    python benchmarks/latency.py --peers FOLDER_OF_FILES
    python benchmarks/latency.py --models pp_humanseg_v1_lite configs/pp_humanseg/my.yml --threads 1

Networks are zoo names or configurations, whose trained weights are not needed; without `--models` all of both for
portraits. Each runs alone, at its own input size and batch 1, in ONNX Runtime (needs `pip install --no-deps
paddle2onnx==2.1.0`); peers as benchmarks/peers.py feeds them. All take turns of some runs after some that do not count,
so that whatever else the machine does meets all of them: ratios hold where milliseconds do not. "CPU ms" is the
processor time of all threads, which other programs lengthen less.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from peers import find_peers

from paddleseg import zoo
from paddleseg.analysis.latency import interleave
from paddleseg.assemble import card_from_config
from paddleseg.card import Card, Input, read_card
from paddleseg.config import load_config
from paddleseg.config.build import Builder
from paddleseg.device import device_name
from paddleseg.errors import ConfigError, ExportError, UserError
from paddleseg.export.export import export_model
from paddleseg.export.verify import photo_like
from paddleseg.files import atomic_write_text
from paddleseg.inference.preprocess import Preprocessor
from paddleseg.inference.runtimes.onnx import OnnxRuntime
from paddleseg.models.build import build_network

FRAME = (720, 1280)  # where a network's input follows the picture
CONFIGS = Path(__file__).resolve().parent.parent / "configs" / "pp_humanseg"


@dataclasses.dataclass(frozen=True)
class Network:
    """A network that can be started with a number of threads.

    Args:
        start: Threads to a function that runs it once.
    """

    name: str
    size: tuple[int, int]
    start: Callable[[int], Callable[[], object]]


def ours(
    names: Iterable[str], folder: Path, frame: tuple[int, int] = FRAME, *, logits: bool = False
) -> Iterator[Network]:
    """Our networks as ONNX graphs, written to `folder`; of equal networks at equal sizes only the first.

    Args:
        logits: End with these, in place of what the card says.
    """
    seen: set[str] = set()
    for name in names:
        card, build = _from_config(name) if name.endswith((".yml", ".yaml")) else _from_zoo(name)
        _, geometry = Preprocessor(card.preprocess)(np.zeros((*frame, card.input.channels), np.uint8))
        h, w = geometry.size
        known = json.dumps([card.model and card.model.model_dump(), h, w])
        if known in seen:
            continue
        seen.add(known)
        fixed = card.model_copy(update={"inputs": [Input(shape=[1, card.input.channels, h, w], size=(h, w))]})
        if logits:
            fixed = fixed.model_copy(update={"outputs": [card.output.model_copy(update={"kind": "logits"})]})
        place = folder / Path(name).stem
        try:
            exported = export_model(build(), fixed, place, onnx=True, compare=False)
        except ExportError as error:  # the others can still be compared
            print(f"left out: {name}: {error}\n")
            continue
        yield _network(f"{Path(name).stem} (ours)", exported.card, place / str(exported.card.files.onnx))


def _from_config(path: str) -> tuple[Card, Callable[[], Any]]:
    cfg = load_config(path)
    return card_from_config(cfg), lambda: Builder(cfg).untrained_model()


def _from_zoo(name: str) -> tuple[Card, Callable[[], Any]]:
    card = read_card(zoo.card_path(name))
    assert card.model is not None
    return card, lambda: build_network(card.model.model_dump())  # type: ignore[union-attr]


def _network(name: str, card: Card, graph: Path) -> Network:
    assert card.input.size is not None
    batch = photo_like(card.input.size, card.input.channels)[None]

    def start(threads: int) -> Callable[[], object]:
        runtime = OnnxRuntime(graph, threads=threads)
        return lambda: runtime(batch)

    return Network(name, card.input.size, start)


def theirs(folder: Path) -> Iterator[Network]:
    """The peers in `folder`; V1 Lite, whose graph takes any size, also at the size it was trained for."""

    def network(name: str, size: tuple[int, int]) -> Network:
        def start(threads: int) -> Callable[[], object]:
            peer = next(peer for peer in find_peers(folder, threads) if peer.name == name)
            tensor = peer.prepare(np.full((*size, 3), 127, np.uint8))
            return lambda: peer.infer(tensor)

        return Network(f"{name} (published file)", size, start)

    for peer in find_peers(folder):
        yield network(peer.name, peer.size)
        if peer.name == "PP-HumanSeg V1 Lite":
            yield network(peer.name, (224, 398))


def measure(networks: list[Network], threads: list[int], rounds: int, runs: int) -> list[dict[str, Any]]:
    """One row for each network: name, size, and p50 and p95 for each number of threads."""
    calls = {(network, count): network.start(count) for network in networks for count in threads}
    found = interleave({str(index): call for index, call in enumerate(calls.values())}, rounds=rounds, runs=runs)
    rows = [{"name": network.name, "size": network.size, "threads": {}} for network in networks]
    for (network, count), timing in zip(calls, found.values(), strict=True):
        rows[networks.index(network)]["threads"][count] = dataclasses.asdict(timing)
    return rows


def table(rows: list[dict[str, Any]], base: str) -> str:
    """A Markdown table, least processor time first, with ratios to the row called `base` if there is one."""
    threads = list(rows[0]["threads"])
    against = next((row for row in rows if row["name"].startswith(base)), rows[0])
    columns = [(count, clock) for count in threads for clock in ("p50", "cpu")]
    titles = [
        f"{'CPU' if clock == 'cpu' else clock} ms, {count} thread{'s' * (count > 1)} | ratio"
        for count, clock in columns
    ]
    lines = [f"| network | input (h x w) | {' | '.join(titles)} |", "|---|---" + "|---:" * 2 * len(columns) + "|"]
    for row in sorted(rows, key=lambda row: row["threads"][threads[0]]["cpu_ms"]):
        cells = []
        for count, clock in columns:
            time, reference = (found["threads"][count][f"{clock}_ms"] for found in (row, against))
            cells += [f"{time:.2f}", f"{time / reference:.2f}"]
        lines.append(f"| {row['name']} | {'x'.join(map(str, row['size']))} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", help="zoo names and configurations (default: all for portraits)")
    parser.add_argument("--peers", type=Path, help="folder with the peers' files")
    parser.add_argument("--base", default="MediaPipe landscape", help="ratios are to this row (default: %(default)s)")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=20, help="turns of each network")
    parser.add_argument("--runs", type=int, default=10, help="runs in a turn")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    names = options.models or [*zoo.names(), *map(str, sorted(CONFIGS.glob("*.yml")))]
    try:
        with tempfile.TemporaryDirectory() as folder:
            networks = list(ours((name.removeprefix("zoo://") for name in names), Path(folder)))
            networks += theirs(options.peers) if options.peers else []
            if not networks:
                raise ConfigError("--models, --peers", "name no network")
            rows = measure(networks, options.threads, options.rounds, options.runs)
    except UserError as error:
        print(error)
        return error.exit_code
    print(f"{device_name()}, {os.cpu_count()} cores, {options.rounds * options.runs} runs of each network\n")
    print(table(rows, options.base))
    if options.json:
        atomic_write_text(options.json, json.dumps({"device": device_name(), "rows": rows}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
