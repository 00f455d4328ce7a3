#!/usr/bin/env bash
# Prepare and run the short chain of every file, or of those given.
cd "$(dirname "$0")/.." && exec "${PYTHON:-python3}" -m test_tipc.tipc.short_chains "$@"
