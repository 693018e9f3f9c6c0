#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Part of FaceKit.
#
# FaceKit's server beside one in Python (Flask, OpenCV, ONNX Runtime; the same networks) with one process and with two:
# requests per second, median and 99th percentile of the latency in milliseconds, and memory, with 1, 2, 8 and 64 clients
# on a picture of 1280×720. The servers take turns several times within each line, which has the medians. The tasks: the native
# API's detect and search (YuNet on the whole picture), CompreFace's detect and recognize (MTCNN on at most 640 pixels, as its document has it).
#
#   FACEKIT_MODEL_MIRROR   folder of models with their cards (default ../shared/models)
#   FACEKIT, PYTHON        the command, and a Python with numpy, opencv-python-headless, onnxruntime and flask
#   PICTURE                default: made of portraits of FACEKIT_EVAL's lfw-dev
#   SECONDS_EACH, ROUNDS   of a server's turn, and turns of each: default 2 and 3
#   CLIENTS                default "1 2 8 64"
#   TASKS                  default "detect search compreface-detect compreface-recognize"

. "$(dirname "$0")/../../.ci/environment.sh"

python=${PYTHON:-python3}
facekit=${FACEKIT:-$(swift build -c release --show-bin-path 2>/dev/null || true)/facekit}
seconds=${SECONDS_EACH:-2}
rounds=${ROUNDS:-3}
here=Benchmarks/http
folder=$(mktemp -d)
pids=()
# The peer with two processes is a group of its own.
trap 'kill "${pids[@]}" 2>/dev/null; [ -z "${group:-}" ] || kill -- "-$group" 2>/dev/null; rm -rf "$folder"' EXIT

[ -x "$facekit" ] || fail "there is no release build at $facekit: run make demo first, or set FACEKIT"
picture=${PICTURE:-$folder/picture.jpg}
[ -n "${PICTURE:-}" ] || "$python" - "$FACEKIT_EVAL/lfw-dev/images" "$picture" <<'PYTHON'
import glob, sys
import cv2, numpy as np
files = sorted(glob.glob(f"{sys.argv[1]}/*/*.jpg"))[:300:50][:6]
image = np.full((720, 1280, 3), 128, np.uint8)
for index, file in enumerate(files):
    face = cv2.resize(cv2.imread(file), (300, 300))
    x, y = 60 + index % 3 * 420, 40 + index // 3 * 340
    image[y:y + 300, x:x + 300] = face
cv2.imwrite(sys.argv[2], image)
PYTHON

"$facekit" serve --set log.level=error --set accounts.demo_services=true --port 8100 --set ports.fusion=-1 --set ports.flask=-1 --set ports.mtcnn=-1 \
    --set ports.insightface=-1 --set compute.waiting=128 >"$folder/ours.log" 2>&1 &
pids+=($!)
"$python" "$here/peer.py" "$FACEKIT_MODEL_MIRROR" 8101 1 >"$folder/one.log" 2>&1 &
pids+=($!)
setsid "$python" "$here/peer.py" "$FACEKIT_MODEL_MIRROR" 8102 2 >"$folder/two.log" 2>&1 &
group=$!
sleep 6
portrait=$(find "$FACEKIT_EVAL/lfw-dev/images" -name '*.jpg' | sort | sed -n 1p)
curl -sf -F subject=a -F "picture=@$portrait" http://127.0.0.1:8100/v1/faces >/dev/null || fail "ours does not answer"
key=00000000-0000-0000-0000-00000000000
curl -sf -H "x-api-key: ${key}2" -F "file=@$portrait" "http://127.0.0.1:8100/api/v1/recognition/faces?subject=a" >/dev/null \
    || fail "ours does not enrol"
# Each process of a peer has a gallery of its own.
for port in 8101 8102 8102 8102 8102 8102 8102; do
    curl -sf -F "picture=@$portrait" http://127.0.0.1:$port/enroll >/dev/null || fail "the peer does not answer"
done

median() { # of a server's turns: port, and which of load.py's numbers
    awk -v port="$1" -v field="$2" '$1 == port { print $field }' "$folder/turns" | sort -n \
        | awk '{ numbers[NR] = $1 } END { print numbers[int((NR + 1) / 2)] }'
}

memory() { # resident, of the processes whose command line has this, in MiB
    local total=0 pid resident
    for pid in $(pgrep -f -- "$1"); do
        resident=$(awk '/^VmRSS/ { print $2 }' "/proc/$pid/status" 2>/dev/null || true)
        total=$((total + ${resident:-0}))
    done
    echo $((total / 1024))
}

printf '%-22s%8s%22s%30s%30s\n' "" clients "FaceKit" "Python, 1 process" "Python, 2 processes"
for task in ${TASKS:-detect search compreface-detect compreface-recognize}; do
    case $task in
        detect | search) path=v1/$task form=(picture) ;;
        compreface-detect) path=api/v1/detection/detect form=(file "x-api-key: ${key}3") ;;
        compreface-recognize) path=api/v1/recognition/recognize form=(file "x-api-key: ${key}2") ;;
        *) fail "there is no task $task" ;;
    esac
    for clients in ${CLIENTS:-1 2 8 64}; do
        : >"$folder/turns"
        for _ in $(seq "$rounds"); do
            for port in 8100 8101 8102; do
                result=$("$python" "$here/load.py" "http://127.0.0.1:$port/$path" "$picture" "$clients" "$seconds" "${form[@]}")
                echo "$port $result" >>"$folder/turns"
            done
        done
        line=$(printf '%-22s%8s' "$task" "$clients")
        for port in 8100 8101 8102; do
            line+=$(printf '  %8.1f/s %7.1f %8.1f ms' "$(median $port 2)" "$(median $port 3)" "$(median $port 4)")
        done
        echo "$line"
    done
done
echo "memory in MiB: ours $(memory "serve .*--port 8100"), Python 1 process $(memory "peer.py .* 8101 1")," \
    "2 processes $(memory "peer.py .* 8102 2")"
