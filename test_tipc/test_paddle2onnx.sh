#!/usr/bin/env bash
# Convert to ONNX and infer: FILE [MODE], as in PaddleSeg.
cd "$(dirname "$0")/.." && exec "${PYTHON:-python3}" -m test_tipc.tipc.onnx "$@"
