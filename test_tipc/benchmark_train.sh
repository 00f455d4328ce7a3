#!/usr/bin/env bash
# Time trainings: FILE benchmark_train [PARAMS], as in PaddleSeg.
cd "$(dirname "$0")/.." && exec "${PYTHON:-python3}" -m test_tipc.tipc.benchmark "$@"
