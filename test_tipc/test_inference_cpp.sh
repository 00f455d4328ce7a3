#!/usr/bin/env bash
# Infer with the C++ program: FILE [MODE], as in PaddleSeg.
cd "$(dirname "$0")/.." && exec "${PYTHON:-python3}" -m test_tipc.tipc.cpp "$@"
