#!/usr/bin/env bash
# As test_train_inference_python.sh, for files whose gpu_list has several devices: on a CPU, several processes.
exec "$(dirname "$0")/test_train_inference_python.sh" "$@"
