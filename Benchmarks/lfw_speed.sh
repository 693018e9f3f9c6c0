#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Part of FaceKit.
#
# Face verification on LFW pairs, one thread each: FaceKit beside a Python reference with OpenCV and ONNX Runtime on the
# same models, pictures and pairs. The two take turns, so that a change in the machine's load meets both. Prints each
# run, then medians and their ratio.
#
#   FACEKIT                  the command (default: the release build's)
#   FACEKIT_REFERENCE_TOOLS  folder of lfw_reference.py (default ../shared/tools)
#   FACEKIT_MODEL_MIRROR     folder of models with their cards (default ../shared/models)
#   FACEKIT_EVAL             folder with lfw-dev/images and lfw-dev/pairs-dev.txt (default ../shared/eval)
#   PYTHON                   a Python with numpy, opencv-python-headless and onnxruntime (default python3)
#   EMBEDDER, RUNS           default face_reidentification_retail_0095 and 2

. "$(dirname "$0")/../.ci/environment.sh"

embedder=${EMBEDDER:-face_reidentification_retail_0095}
runs=${RUNS:-2}
python=${PYTHON:-python3}
facekit=${FACEKIT:-$(swift build -c release --show-bin-path 2>/dev/null || true)/facekit}
tools=${FACEKIT_REFERENCE_TOOLS:-$(beside ../shared/tools)}
images=$FACEKIT_EVAL/lfw-dev/images
pairs=$FACEKIT_EVAL/lfw-dev/pairs-dev.txt
results=Benchmarks/results

[[ $runs =~ ^[1-9][0-9]*$ ]] || fail "RUNS is \"$runs\"; it has to be a whole number from 1"
[ -x "$facekit" ] || fail "there is no release build at $facekit: run make demo first, or set FACEKIT"
[ -f "$tools/lfw_reference.py" ] || fail "lfw_reference.py is not in \"$tools\": set FACEKIT_REFERENCE_TOOLS"
[ -d "$FACEKIT_MODEL_MIRROR" ] || fail "there are no models: set FACEKIT_MODEL_MIRROR"
[ -f "$pairs" ] && [ -d "$images" ] || fail "lfw-dev is not in \"$FACEKIT_EVAL\": set FACEKIT_EVAL"
"$python" -c 'import cv2, numpy, onnxruntime' 2>/dev/null \
    || fail "$python lacks a package: $python -m pip install numpy opencv-python-headless onnxruntime"

mkdir -p "$results"

# Libraries that count the cores by themselves are held to one thread.
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 OPENCV_FOR_THREADS_NUM=1 MKL_NUM_THREADS=1

ours() {
    "$facekit" evaluate lfw --images "$images" --pairs "$pairs" --embedder "$embedder" --threads 1 --json
}
theirs() {
    # OpenCV's own pool obeys no environment variable; the script is run after it was told.
    "$python" -c 'import cv2, runpy, sys; cv2.setNumThreads(1); runpy.run_path(sys.argv.pop(1), run_name="__main__")' \
        "$tools/lfw_reference.py" --models "$FACEKIT_MODEL_MIRROR" --images "$images" --pairs "$pairs" \
        --embedder "$embedder" --threads 1
}

for ((run = 1; run <= runs; run++)); do
    for side in ours theirs; do
        say "run $run of $runs, $side"
        $side >"$results/lfw-$side-$run.json" || fail "the run failed: $side, number $run"
    done
done

"$python" - "$results" "$runs" <<'PYTHON'
import json
import statistics
import sys

folder, runs = sys.argv[1], int(sys.argv[2])
seconds = {}
print(f"{'side':8}{'run':>4}{'seconds':>10}{'accuracy':>10}{'no face':>9}")
for side in ("ours", "theirs"):
    seconds[side] = []
    for run in range(1, runs + 1):
        with open(f"{folder}/lfw-{side}-{run}.json") as file:
            result = json.load(file)
        seconds[side].append(result["seconds"])
        print(f"{side:8}{run:4}{result['seconds']:10.2f}{result['accuracy']:10.4f}{result['missing_pictures']:9}")
ours, theirs = (statistics.median(seconds[side]) for side in ("ours", "theirs"))
print(f"median: ours {ours:.2f} s, theirs {theirs:.2f} s; theirs / ours = {theirs / ours:.2f}")
PYTHON
