"""Several training processes on this machine, started and watched as one."""

from __future__ import annotations

import ctypes
import itertools
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from paddleseg.engine.dist import LAUNCHER_VARIABLE, RANK_VARIABLE, WORLD_VARIABLE
from paddleseg.errors import ConfigError, Problem

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
_INTERRUPTED = 130
_PER_CORE = 4
# What gloo and the C++ library print when another rank has gone; the launcher says which.
_NOISE = ("terminate called after throwing an instance of 'gloo::", "  what():  [/paddle/third_party/gloo/")


def launch(processes: int, command: Sequence[str]) -> int:
    """Run `command` as `processes` data-parallel CPU or GPU ranks and return their exit code: 0, or that of the first
    rank that ended badly (128 and the signal's number where the system ended it).

    Rank 0 keeps this terminal. What the ranks say on standard error is passed on, once where several say it. When one
    ends badly the rest are ended too, and when this process ends, however that may be, they all end.
    """
    endpoints = [f"127.0.0.1:{port}" for port in _free_ports(processes)]
    threads = str(max(1, (os.cpu_count() or 1) // processes))
    out_of_memory = _ended_for_memory()
    voices = _Voices()
    children = []
    for index in range(processes):
        environment = {
            **os.environ,
            RANK_VARIABLE: str(index),
            WORLD_VARIABLE: str(processes),
            LAUNCHER_VARIABLE: str(os.getpid()),
            "PADDLE_TRAINER_ENDPOINTS": ",".join(endpoints),
            "PADDLE_CURRENT_ENDPOINT": endpoints[index],
            "PADDLE_MASTER": endpoints[0],
            "PADDLE_LOCAL_SIZE": str(processes),
            "FLAGS_selected_gpus": str(index),
            "GLOG_minloglevel": "2",  # how ranks find each other is no news
            "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", threads),
        }
        if not _uses_gpu(command):
            environment["PADDLE_DISTRI_BACKEND"] = "gloo"
        stdout = None if index == 0 else subprocess.DEVNULL
        child = subprocess.Popen(command, env=environment, stdout=stdout, stderr=subprocess.PIPE)
        voices.listen(index, child)
        children.append(child)
    # Ctrl-C reaches the children too (one process group); they save and end, and this process waits for that.
    previous = signal.signal(signal.SIGINT, lambda *_: None)
    terminate = signal.signal(signal.SIGTERM, lambda *_: _end(children))
    try:
        rank = _wait(children)
    finally:
        signal.signal(signal.SIGINT, previous)
        signal.signal(signal.SIGTERM, terminate)
        voices.close()
    code = children[rank].returncode
    if code < 0:
        memory = out_of_memory < _ended_for_memory()
        print(_epitaph(rank, children[rank].pid, -code, memory), file=sys.stderr)
    return code if code >= 0 else 128 - code


def end_with_launcher() -> None:
    """Let this rank end when the process that started it does, even where that one is killed; called by every rank."""
    launcher = int(os.environ.get(LAUNCHER_VARIABLE, "0"))
    if not launcher:
        return

    def watch() -> None:
        while os.getppid() == launcher:
            time.sleep(1.0)
        os._exit(128 + signal.SIGKILL)

    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    threading.Thread(target=watch, daemon=True).start()  # also where it ended before the line above, or has no prctl


class _Voices:
    """What the ranks write on standard error, line by line; a line that several write appears once."""

    def __init__(self) -> None:
        self.lock, self.threads = threading.Lock(), list[threading.Thread]()
        self.said, self.shown = Counter[tuple[int, bytes]](), Counter[bytes]()

    def listen(self, rank: int, child: subprocess.Popen[bytes]) -> None:
        assert child.stderr
        self.threads.append(threading.Thread(target=self._pass_on, args=(rank, child.stderr), daemon=True))
        self.threads[-1].start()

    def _pass_on(self, rank: int, stream: IO[bytes]) -> None:
        for line in stream:
            with self.lock:
                self.said[rank, line] += 1
                if self.said[rank, line] > self.shown[line] and not line.decode("utf-8", "replace").startswith(_NOISE):
                    self.shown[line] += 1
                    with suppress(OSError, ValueError):  # nobody reads any more; the rank still has to be read
                        sys.stderr.write(line.decode("utf-8", "replace"))
                        sys.stderr.flush()

    def close(self) -> None:
        for thread in self.threads:
            thread.join(2.0)  # a process that a rank has left behind may hold its pipe open


def _end(children: Sequence[subprocess.Popen[bytes]]) -> None:
    for child in children:
        child.terminate()


def _wait(children: Sequence[subprocess.Popen[bytes]]) -> int:
    """The rank whose exit code counts. After one rank has failed, the others would wait for it for ever."""
    while True:
        codes = [child.poll() for child in children]
        if all(code is not None for code in codes) or any(code not in (None, 0, _INTERRUPTED) for code in codes):
            break
        time.sleep(0.1)
    if None in codes:
        time.sleep(1.0)  # the others may be on their way out with the same message
    ended = [child.poll() for child in children]
    for child in children:
        if child.poll() is None:
            child.kill()
        child.wait()
    return min(range(len(children)), key=lambda rank: _blame(ended[rank], codes[rank] is None))


def _blame(code: int | None, later: bool) -> tuple[int, bool]:
    """Who is to blame comes first: an error that was told, a signal, an abort (of who lost another), Ctrl-C."""
    if code is None or code == 0:
        return 4, later
    if code > 0:
        return (3 if code == _INTERRUPTED else 0 if code == 2 else 1), later
    return (2 if code == -signal.SIGABRT else 1), later


def _epitaph(rank: int, process: int, number: int, out_of_memory: bool) -> Problem:
    name = next((item.name for item in signal.Signals if item == number), f"signal {number}")
    what = f"the system ended it with {name}"
    hint = "resume with --resume auto; if it happens again, lower batch_size"
    if number == signal.SIGKILL:
        what += ", for memory had run out" if out_of_memory else ", as kill -9 does, and a system short of memory"
        hint = "lower batch_size or --nproc, and go on with --resume auto"
    return Problem(f"rank {rank} (process {process})", what, hint)


def _ended_for_memory() -> int:
    """How many processes this system has ended since it started because memory had run out; 0 where it does not say."""
    try:
        lines = Path("/proc/vmstat").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), 0)


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for item in sockets:
            item.bind(("127.0.0.1", 0))
        return [item.getsockname()[1] for item in sockets]
    finally:
        for item in sockets:
            item.close()


def _uses_gpu(command: Sequence[str]) -> bool:
    import paddle

    asked = [after for flag, after in itertools.pairwise(command) if flag == "--device"]
    return asked[-1] == "gpu" if asked else paddle.is_compiled_with_cuda()


def process_count(asked: str, batch_size: int) -> int:
    """`--nproc`: a number, or "auto" for as many processes as share the batch evenly, at most one a GPU or, on the
    CPU, one a core that this process may use.

    Raises:
        ConfigError: It is neither, too many, or they cannot share the batch.
    """
    import paddle

    gpus = paddle.device.cuda.device_count() if paddle.is_compiled_with_cuda() else 0
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    if asked == "auto":
        return next(count for count in range(gpus or cores, 0, -1) if batch_size % count == 0)
    # Nobody means a number of ten digits, of which int() would refuse the longest ones.
    count = int(asked) if asked.isdecimal() and len(asked) < 10 else 0
    if not count:
        raise ConfigError("--nproc", f"should be a number of processes or auto, not '{asked[:40]}'")
    most = max(gpus, _PER_CORE * cores)
    if count > most:
        raise ConfigError("--nproc", f"{count} processes are too many for {cores} cores", f"at most {most}, or auto")
    if batch_size % count:
        hint = f"choose a batch_size that is a multiple of {count}"
        raise ConfigError("--nproc", f"{count} processes cannot share a batch of {batch_size} evenly", hint)
    return count
