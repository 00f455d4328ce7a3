"""Runs a Paddle Lite model for another process, in an interpreter that Paddle Lite has a wheel for.

Needs nothing but numpy and paddlelite. It reads arrays in numpy's file format from standard input, one for each input,
and writes one for each output; a message in the place of an array means that it failed.
"""

from __future__ import annotations

import io
import os
import sys
from typing import IO

import numpy as np


def main(graph: str) -> None:
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # Paddle Lite prints on standard output too
    try:
        from paddlelite import lite

        settings = lite.MobileConfig()
        settings.set_model_from_file(graph)
        predictor = lite.create_paddle_predictor(settings)
        names = predictor.get_input_names(), predictor.get_output_names()
        send(answers, np.array("\n".join(["\t".join(part) for part in names])))
        while True:
            for index in range(len(names[0])):
                predictor.get_input(index).from_numpy(receive(sys.stdin.buffer))
            predictor.run()
            for index in range(len(names[1])):
                send(answers, np.asarray(predictor.get_output(index).numpy()))
    except EOFError:
        return
    except Exception as error:
        send(answers, np.array(f"failed: {error}"))


def send(stream: IO[bytes], array: np.ndarray) -> None:
    held = io.BytesIO()
    np.save(held, array, allow_pickle=False)
    content = held.getvalue()
    stream.write(len(content).to_bytes(8, "little") + content)
    stream.flush()


def receive(stream: IO[bytes]) -> np.ndarray:
    length = stream.read(8)
    if len(length) < 8:
        raise EOFError
    return np.load(io.BytesIO(stream.read(int.from_bytes(length, "little"))), allow_pickle=False)


if __name__ == "__main__":
    main(sys.argv[1])
