#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Part of FaceKit.
#
# Pictures from their bytes to embeddings, and one comparison from start to exit: FaceKit beside the same in Python with
# OpenCV and ONNX Runtime, in turns.
#
#   FACEKIT                the command (default: the release build's)
#   FACEKIT_MODEL_MIRROR   folder of models with their cards (default ../shared/models)
#   FACEKIT_EVAL           folder with lfw-dev/images, from whose portraits pictures are composed (default ../shared/eval)
#   PYTHON                 a Python with numpy, opencv-python-headless and onnxruntime (default python3)

. "$(dirname "$0")/../../.ci/environment.sh"

python=${PYTHON:-python3}
facekit=${FACEKIT:-$(swift build -c release --show-bin-path 2>/dev/null || true)/facekit}

[ -x "$facekit" ] || fail "there is no release build at $facekit: run make build first, or set FACEKIT"
[ -d "$FACEKIT_MODEL_MIRROR" ] || fail "there are no models: set FACEKIT_MODEL_MIRROR"
[ -d "$FACEKIT_EVAL/lfw-dev/images" ] || fail "lfw-dev is not in \"$FACEKIT_EVAL\": set FACEKIT_EVAL"
"$python" -c 'import cv2, numpy, onnxruntime' 2>/dev/null \
    || fail "$python lacks a package: $python -m pip install numpy opencv-python-headless onnxruntime"

mkdir -p Benchmarks/results
"$python" Benchmarks/pipeline/compare.py --facekit "$facekit" --models "$FACEKIT_MODEL_MIRROR" \
    --portraits "$FACEKIT_EVAL/lfw-dev/images" "$@" | tee Benchmarks/results/pipeline.md
