#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Part of FaceKit.
#
# Installs the other engines into an environment of their own and compares them with FaceKit's; the arguments go to
# compare.py. The tables are printed and kept in Benchmarks/results/engine.md.

set -euo pipefail
cd "$(dirname "$0")/../.."

environment=.build/bench-engine
python="$environment/venv/bin/python"
if [ ! -e "$environment/installed" ]; then
    echo "installing ONNX Runtime, ncnn and OpenVINO into $environment" >&2
    "${PYTHON:-python3}" -m venv "$environment/venv"
    "$python" -m pip install --quiet --disable-pip-version-check numpy onnx onnxruntime openvino ncnn
    # The converter to ncnn's format is a program; the Python packages it names are for its other half.
    "$python" -m pip install --quiet --disable-pip-version-check --no-deps pnnx \
        || echo "pnnx could not be installed: the table will be without ncnn" >&2
    touch "$environment/installed"
fi

mkdir -p Benchmarks/results
"$python" Benchmarks/engine/compare.py --work "$environment/networks" "$@" | tee Benchmarks/results/engine.md
