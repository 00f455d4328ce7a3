#!/usr/bin/env bash
# Instructions of each loop of the core for a row of 1280 pixels, NEON's against the plain ones, counted by qemu.
#
# usage: instructions.sh BUILD_FOR_AARCH64
set -euo pipefail

program=$1/kernels
qemu=$(command -v qemu-aarch64-static || command -v qemu-aarch64)

# Without chains of blocks, and with blocks of one instruction, each instruction is a line of the log.
count() { "$qemu" -L /usr/aarch64-linux-gnu -singlestep -d exec,nochain -D /dev/stdout "$program" "$@" | grep -c ^Trace; }

for name in to_rgb interleave between_columns between_rows blend settle; do
  for kind in plain fast; do
    one=$(count "$name" "$kind" 1)
    echo "$name $kind $(($(count "$name" "$kind" 2) - one))"
  done
done
