"""What each of our programs does around its `main`: mistakes end in a line and an exit code, pipes may close.

| exit code | when |
|---|---|
| 0 | it went well |
| 2 | a mistake that the user can mend: a `UserError`, wrong flags, a package that is not installed, a full device |
| 130 | Ctrl-C |
| 141 | whoever read the output, such as `head`, has stopped reading (as a shell reports SIGPIPE) |
"""

from __future__ import annotations

import functools
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from typing import Any, ParamSpec, TextIO, cast

from paddleseg.errors import OutputError, PackageError, UserError

Arguments = ParamSpec("Arguments")

INTERRUPTED, PIPE_CLOSED = 130, 141

# Packages that only some commands need: what people call them, and the extra of setup.py that brings them.
_EXTRAS = {
    "paddle": ("PaddlePaddle", "train"),
    "numba": ("numba", "train"),
    "visualdl": ("VisualDL", "train"),
    "matplotlib": ("matplotlib", "train"),
    "onnxruntime": ("ONNX Runtime", "onnx"),
    "onnx": ("onnx", "convert"),
    "openvino": ("OpenVINO", "openvino"),
    "ai_edge_litert": ("LiteRT", "tflite"),
    "fastapi": ("FastAPI", "serve"),
    "starlette": ("Starlette", "serve"),
    "uvicorn": ("uvicorn", "serve"),
    "h11": ("h11", "serve"),
    "python_multipart": ("python-multipart", "serve"),
    "websockets": ("websockets", "serve"),
    "prometheus_client": ("prometheus-client", "serve"),
    "av": ("PyAV", "video"),
    "pygame": ("pygame-ce", "camera"),
    "pyvirtualcam": ("pyvirtualcam", "camera"),
    "pymatting": ("pymatting", "matting"),
    "pyarrow": ("PyArrow", "batch"),
    "ray": ("Ray", "ray"),
}


def reports_mistakes(main: Callable[Arguments, int]) -> Callable[Arguments, int]:
    """A program's `main` whose exit code tells what happened; only faults of ours leave a traceback."""

    @functools.wraps(main)
    def reporting(*args: Arguments.args, **kwargs: Arguments.kwargs) -> int:
        _open_closed_streams()
        _quieten_others()
        output = _Output(sys.stdout)
        try:
            with redirect_stdout(cast(TextIO, output)):
                code = main(*args, **kwargs)
        except UserError as error:
            code = _say(error)
        except ImportError as error:
            problem = missing_package(error)
            if problem is None:
                raise
            code = _say(problem)
        except KeyboardInterrupt:
            code = INTERRUPTED
        except (OSError, SystemExit):  # argparse leaves so after --help, and rich where it meets a closed pipe
            if not output.has_failed():
                raise
            code = 0
        return output.exit_code(code)

    return reporting


def missing_package(error: ImportError) -> PackageError | None:
    """What to say of an import that failed, where it is of a package that not everybody needs."""
    name = (error.name or "").partition(".")[0]
    if name not in _EXTRAS:
        return None
    title, extra = _EXTRAS[name]
    if not isinstance(error, ModuleNotFoundError):
        return PackageError(title, f"does not import: {error}", "`paddleseg doctor env` looks for the reason")
    cure = f'`pip install -e ".[{extra}]"` in the clone, or `pip install "FILE.whl[{extra}]"` of a wheel'
    return PackageError(title, "is not installed, and this needs it", cure)


def _say(error: UserError) -> int:
    with suppress(OSError):  # nobody may be listening
        print(error, file=sys.stderr)
    return error.exit_code


class _Output:
    """Standard output, and whether writing to it has failed, which some libraries keep to themselves."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._failure: OSError | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        with self._watching():
            return self._stream.write(text)

    def flush(self) -> None:
        with self._watching():
            self._stream.flush()

    @contextmanager
    def _watching(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self._failure = error
            raise

    def has_failed(self) -> bool:
        """Whether something printed did not arrive; of what is still held back too."""
        with suppress(OSError):
            self.flush()
        return self._failure is not None

    def exit_code(self, code: int) -> int:
        """`code`, unless it is 0 and what was printed did not arrive."""
        if not self.has_failed():
            return code
        # The interpreter flushes once more when it ends, and would complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())
        if isinstance(self._failure, BrokenPipeError):
            return code or PIPE_CLOSED
        reason = self._failure.strerror if self._failure else ""
        return _say(OutputError("standard output", f"cannot be written: {reason}", "send it elsewhere"))


def _open_closed_streams() -> None:
    """Give what the caller closed (`>&-`) to nothing; else the next file that is opened takes the stream's number.

    Libraries print to these numbers, so their words would end up in that file.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, "w" if number else "r", closefd=False))  # noqa: SIM115


def _quieten_others() -> None:
    """Leave out what other packages say of themselves, which nobody can act on."""
    # Paddle warns about a missing compiler cache at every import, that training mode is training mode, and that some of
    # its functions are not PyTorch's.
    notices = r"No ccache found|When training, we now always track|\s*Non compatible API"
    warnings.filterwarnings("ignore", message=notices)
    # Its C++ part tells which of its executors is running; errors are still told.
    os.environ.setdefault("GLOG_minloglevel", "2")
