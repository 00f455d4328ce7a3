#!/usr/bin/env bash
# Start a model server and ask it: FILE [MODE], as in PaddleSeg.
cd "$(dirname "$0")/.." && exec "${PYTHON:-python3}" -m test_tipc.tipc.serving "$@"
