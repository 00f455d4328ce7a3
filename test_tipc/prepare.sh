#!/usr/bin/env bash
# Photos and exported models for a chain: FILE MODE, as in PaddleSeg.
cd "$(dirname "$0")/.." && exec "${PYTHON:-python3}" -m test_tipc.tipc.prepare "$@"
