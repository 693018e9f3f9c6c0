#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Part of FaceKit.
#
# Installs the other engines into an environment of their own and compares them with FaceKit's; the arguments go to
# compare.py. The tables are printed and kept in Benchmarks/results/engine.md.
#
#   FACEKIT                  the command (default: the release build's)
#   FACEKIT_REFERENCE_TOOLS  folder of make_random_models.py (default ../shared/tools)
#   FACEKIT_MODEL_MIRROR     folder of models (default ../shared/models)
#   PYTHON                   the Python to make the environment with (default python3)

. "$(dirname "$0")/../../.ci/environment.sh"

environment=.build/bench-engine
python=$environment/venv/bin/python
export FACEKIT=${FACEKIT:-$(swift build -c release --show-bin-path 2>/dev/null || true)/facekit}
export FACEKIT_REFERENCE_TOOLS=${FACEKIT_REFERENCE_TOOLS:-$(beside ../shared/tools)}

[ -x "$FACEKIT" ] || fail "there is no release build at $FACEKIT: run make bench-engine, or set FACEKIT"
[ -f "$FACEKIT_REFERENCE_TOOLS/make_random_models.py" ] \
    || fail "make_random_models.py is not in \"$FACEKIT_REFERENCE_TOOLS\": set FACEKIT_REFERENCE_TOOLS"
[ -d "$FACEKIT_MODEL_MIRROR" ] || fail "there are no models: set FACEKIT_MODEL_MIRROR"

install() { "$python" -m pip install --disable-pip-version-check "$@" >>"$logs/bench-engine.log" 2>&1; }

if [ ! -e "$environment/installed" ]; then
    say "installing ONNX Runtime, ncnn and OpenVINO into $environment" >&2
    "${PYTHON:-python3}" -m venv "$environment/venv" || fail "cannot make a Python environment in $environment"
    install numpy onnx onnxruntime openvino ncnn || fail "pip could not install the engines: see $logs/bench-engine.log"
    # The converter to ncnn's format is a program; the Python packages it names are for its other half.
    install --no-deps pnnx || say "pnnx could not be installed: the table will be without ncnn" >&2
    touch "$environment/installed"
fi

mkdir -p Benchmarks/results
"$python" Benchmarks/engine/compare.py --work "$environment/networks" "$@" | tee Benchmarks/results/engine.md
