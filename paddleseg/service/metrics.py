"""What Prometheus reads: how much is asked, how long it takes, how full the service is."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

from paddleseg.service.gate import Gate

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS", "WEBSOCKET"})


class Metrics:
    """The figures of one service."""

    def __init__(self, gate: Gate):
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        self._requests = Counter(
            "paddleseg_requests", "Requests that were answered.", ("method", "path", "status"), registry=registry
        )
        self._seconds = Histogram(
            "paddleseg_request_seconds",
            "From a request's head to its answer.",
            ("path",),
            registry=registry,
            buckets=_SECONDS,
        )
        stages = "decode, pre, net, post and encode of one photo; net is its share of a batch."
        self._stages = Histogram(
            "paddleseg_stage_seconds", stages, ("stage",), registry=registry, buckets=(0.001, 0.0025, *_SECONDS)
        )
        self._batches = Histogram(
            "paddleseg_batch_photos",
            "Photos that the network saw at once.",
            registry=registry,
            buckets=(1, 2, 4, 8, 16, 32, 64),
        )
        self._frames = Counter("paddleseg_stream_frames", "Frames of streams.", ("outcome",), registry=registry)
        for name, about, value in (
            ("requests_in_hand", "Requests that wait or are worked on.", lambda: gate.requests),
            ("bytes_in_hand", "Of bodies and answers in memory.", lambda: gate.held),
            ("pixels_in_hand", "Of decoded pictures.", lambda: gate.pixels),
            ("streams", "Streams that are open.", lambda: gate.streams),
        ):
            Gauge(f"paddleseg_{name}", about, registry=registry).set_function(value)

    def request(self, method: str, path: str, status: int, seconds: float) -> None:
        """Count an answer; what is no method or path of the service is counted as "other"."""
        self._requests.labels(method if method in METHODS else "other", path, str(status)).inc()
        self._seconds.labels(path).observe(seconds)

    def stage(self, name: str, ms: float) -> None:
        self._stages.labels(name).observe(ms / 1000)

    def batch(self, photos: int) -> None:
        self._batches.observe(photos)

    def frame(self, outcome: str, count: int = 1) -> None:
        """Count frames that were "done", "dropped" for newer ones, or "refused"."""
        self._frames.labels(outcome).inc(count)

    def page(self) -> bytes:
        """The text that Prometheus reads."""
        return generate_latest(self._registry)
