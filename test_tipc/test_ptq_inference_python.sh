#!/usr/bin/env bash
# Export in 8 bits and infer: FILE [MODE], as in PaddleSeg.
cd "$(dirname "$0")/.." && exec "${PYTHON:-python3}" -m test_tipc.tipc.ptq "$@"
