#!/usr/bin/env bash
# Train, evaluate, export and infer: FILE MODE [GPU], as in PaddleSeg.
cd "$(dirname "$0")/.." && exec "${PYTHON:-python3}" -m test_tipc.tipc.train_infer "$@"
