"""The manifests of Kubernetes and KServe: their schema, what they start, what they ask it, what it may do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from service_parts import serving as running
from test_cli import ROOT

from paddleseg.cli.main import build_parser
from paddleseg.inference.predictor import Predictor

SERVING = ROOT / "deploy" / "serving"


def manifests(name: str) -> Iterator[dict[str, Any]]:
    yield from yaml.safe_load_all((SERVING / name).read_text())


def containers() -> list[dict[str, Any]]:
    """Those of both files that run this toolkit's service."""
    pods = [item["spec"]["template"]["spec"] for item in manifests("kubernetes.yaml") if item["kind"] == "Deployment"]
    pods += [item["spec"]["predictor"] for item in manifests("kserve.yaml")]
    return [container for pod in pods for container in pod.get("containers", [])]


class TestManifests:
    def test_kubernetes_takes_them(self):
        schema = pytest.importorskip("kubernetes_validate", reason="kubernetes-validate is not installed")
        for item in manifests("kubernetes.yaml"):
            schema.validate(item, "1.30", strict=True)

    def test_the_service_understands_what_they_start(self):
        found = containers()
        assert len(found) == 2
        for container in found:
            args = build_parser("serve").parse_args(["serve", "--host", "0.0.0.0", *container["args"]])
            assert args.port == container["ports"][0]["containerPort"]

    def test_probes_ask_what_the_service_answers(self):
        with running(Predictor.from_zoo("portrait", "onnx", threads=1)) as service:
            for container in containers():
                probes = {key: value["httpGet"]["path"] for key, value in container.items() if key.endswith("Probe")}
                assert probes["livenessProbe"] == "/health" and probes["readinessProbe"] == "/ready"
                assert {service.get(path).status_code for path in probes.values()} == {200}

    def test_they_run_without_root_and_within_limits(self):
        docker = (ROOT / "deploy/service/Dockerfile").read_text()
        pods = [item["spec"]["template"]["spec"] for item in manifests("kubernetes.yaml") if "template" in item["spec"]]
        assert pods[0]["securityContext"]["runAsNonRoot"] and not pods[0]["automountServiceAccountToken"]
        assert f"USER {pods[0]['securityContext']['runAsUser']}:" in docker
        for container in containers():
            security = container["securityContext"]
            assert security["readOnlyRootFilesystem"] and not security["allowPrivilegeEscalation"]
            assert security["capabilities"] == {"drop": ["ALL"]}
            assert set(container["resources"]["limits"]) == {"cpu", "memory"}

    def test_kserve_serves_what_the_repository_holds(self):
        triton_service = next(manifests("kserve.yaml"))
        model = triton_service["spec"]["predictor"]["model"]
        assert triton_service["apiVersion"] == "serving.kserve.io/v1beta1"
        assert model["modelFormat"]["name"] == "triton" and model["protocolVersion"] == "v2"
