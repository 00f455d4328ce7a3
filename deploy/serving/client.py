"""Masks of pictures from a model server: Triton, KServe or Paddle Serving.

    python deploy/serving/client.py --url 127.0.0.1:8000 --model portrait --config output/export --image_path photos/

The server runs the graph. What comes before and after it is done here as the card says, so the masks are those of
`paddleseg infer`. A graph that takes pictures and gives masks has those steps inside that a graph can do.
"""

from __future__ import annotations

import argparse
import json
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from paddleseg.card import Card, load_card
from paddleseg.errors import ExportError, PackageError, last_line
from paddleseg.inference.outputs import Writer, card_palette
from paddleseg.inference.pictures import predict_files
from paddleseg.inference.predictor import Predictor, Prepared, SegResult
from paddleseg.inference.runtimes.base import Runtime
from paddleseg.program import reports_mistakes

_TIMEOUT_S = 60
_MOST_BYTES = 1 << 30


class Triton(Runtime):
    """A model of a server that speaks the Open Inference Protocol, as Triton and KServe do.

    Args:
        url: Host and port of its HTTP.
        model: Its name there.

    Raises:
        PackageError: The client's package is not installed.
        ExportError: The server does not answer, or has no such model.
    """

    name = "triton"

    def __init__(self, url: str, model: str):
        try:
            from tritonclient import http
        except ImportError as error:
            raise PackageError("tritonclient", f"does not import: {error}", "pip install tritonclient[http]") from error
        self._http, self.model = http, model
        self._client = http.InferenceServerClient(url, network_timeout=_TIMEOUT_S, connection_timeout=_TIMEOUT_S)
        about = self._ask(lambda: self._client.get_model_metadata(model))
        self.types = {item["name"]: item["datatype"] for item in about["inputs"]}
        self.inputs = tuple(self.types)
        self.outputs = tuple(item["name"] for item in about["outputs"])

    def run(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        tensors = []
        for name in self.inputs:
            tensor = self._http.InferInput(name, list(inputs[name].shape), self.types[name])
            tensors.append(tensor.set_data_from_numpy(inputs[name]))
        answer = self._ask(lambda: self._client.infer(self.model, tensors))
        return {name: np.array(answer.as_numpy(name)) for name in self.outputs}  # which may be written into

    def _ask(self, question: Any) -> Any:
        try:
            return question()
        except Exception as error:  # the package's own kind, and those of its sockets
            raise ExportError(f"model {self.model}", f"the server: {last_line(error)}", "look at its log") from error


class PaddleServing(Runtime):
    """A model of Paddle Serving's C++ server, by JSON over HTTP.

    Args:
        url: Host and port.
        card: Names the tensors, as `paddle_serving.py` told the server.
    """

    name = "paddle_serving"

    def __init__(self, url: str, card: Card):
        self.url = f"http://{url}/GeneralModelService/inference"
        self.inputs = tuple(item.name for item in card.inputs)
        self.outputs = tuple(item.name for item in card.outputs)

    def run(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        tensors = [
            {
                "name": name,
                "alias_name": name,
                "elem_type": 1,
                "shape": list(inputs[name].shape),
                "float_data": inputs[name].ravel().tolist(),
            }
            for name in self.inputs
        ]
        body = json.dumps({"tensor": tensors, "fetch_var_names": list(self.outputs), "log_id": 0}).encode()
        request = urllib.request.Request(self.url, body, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:
                found = json.loads(answer.read(_MOST_BYTES))
            if found.get("err_no"):
                raise ValueError(found.get("err_msg") or f"error {found['err_no']}")
            return {item["alias_name"]: _array(item) for item in found["outputs"][0]["tensor"]}
        except (OSError, ValueError, KeyError, IndexError) as error:
            raise ExportError(self.url, f"gives no answer: {last_line(error)}", "look at the server's log") from error


def _array(tensor: Mapping[str, Any]) -> np.ndarray:
    data, dtype = (tensor["float_data"], np.float32) if "float_data" in tensor else (tensor["int_data"], np.int32)
    return np.array(data, dtype).reshape(tensor["shape"])


class Asking(Predictor):
    """A predictor whose server takes pictures as they are and gives masks of their size."""

    def infer(self, inputs: Sequence[Prepared]) -> list[SegResult]:
        masks = [self.runtime.run({self.runtime.inputs[0]: each.image})[self.runtime.outputs[0]] for each in inputs]
        return [SegResult(mask, None, {"net": 0.0, "post": 0.0}, self.card.output) for mask in masks]


def predictor(url: str, model: str, protocol: str, config: str) -> Predictor:
    """What asks the server and does the rest."""
    card, _ = load_card(config)
    if protocol == "paddle_serving":
        return Predictor(card, PaddleServing(url, card))
    runtime = Triton(url, model)
    takes_pictures = set(runtime.types.values()) == {"UINT8"}
    return (Asking if takes_pictures else Predictor)(card, runtime)


@reports_mistakes
def main(given: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--url", default="127.0.0.1:8000", metavar="HOST:PORT", help="of the server's HTTP (default: %(default)s)")
    add("--protocol", choices=["triton", "paddle_serving"], default="triton", help="triton is KServe's too")
    add("--model", default="portrait", metavar="NAME", help="the model's name there (default: %(default)s)")
    add("--config", required=True, metavar="PATH", help="the exported folder that is served, for its card")
    add("--image_path", required=True, metavar="PATH", help="an image, a folder, or a .txt list")
    add("--save_dir", default="./output", metavar="DIR", help="where the masks go (default: %(default)s)")
    args = parser.parse_args(given)
    asking = predictor(args.url, args.model, args.protocol, args.config)
    writer = Writer(args.save_dir, ["pseudo_color"], card_palette(asking.card), folders={"pseudo_color": "."})
    report = predict_files(asking, args.image_path, writer)
    print(f"{report.done} masks in {args.save_dir}")
    report.raise_if_any_failed()
    return 0


if __name__ == "__main__":
    sys.exit(main())
