#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Part of FaceKit.
#
# Runs what threads share (the engine's pool and plans, galleries, search) under the Thread Sanitizer, and what reads files
# and odd sizes (models, pictures, kernels) under the Address Sanitizer, with ten thousand mutations of each format. Each
# builds in a folder of its own beside the ordinary build. The argument, thread or address, runs one of the two.

. "$(dirname "$0")/environment.sh"

# sanitized NAME FOLDER FILTER: the sanitizer's first report, or a failed test, ends the script.
sanitized() {
    local status=0
    printf '\n== %s sanitizer\n' "$1"
    swift test -c release --disable-xctest "${traits[@]}" --sanitize="$1" --scratch-path "$2" \
        --filter "$3" >"$logs/$1.log" 2>&1 || status=$?
    if [ $status -ne 0 ] || grep -qE '(WARNING|ERROR): (Thread|Address)Sanitizer' "$logs/$1.log"; then
        grep -m1 -A25 -E '(WARNING|ERROR): (Thread|Address)Sanitizer' "$logs/$1.log" || tail -n 25 "$logs/$1.log"
        fail "the $1 sanitizer's run is not clean; all of it is in $logs/$1.log"
    fi
    say "$1 sanitizer: no reports; $(grep -oE 'Test run with .*' "$logs/$1.log" | tail -n 1)"
}

# Reports go on after the first one, and leaks of the Swift runtime and the test runner are not ours to judge. A huge
# allocation that a damaged file asks for fails as it would without the sanitizer.
export TSAN_OPTIONS="halt_on_error=0 ${TSAN_OPTIONS:-}"
export ASAN_OPTIONS="detect_leaks=0 allocator_may_return_null=1 ${ASAN_OPTIONS:-}"
export FACEKIT_MUTATIONS="${FACEKIT_MUTATIONS:-10000}"

case "${1:-both}" in thread | both)
    sanitized thread .build/tsan 'ConcurrencyTests|WorkerPoolTests|ChainTests|PixelPlanesTests|DecodedMeanwhile|FaceKitStoreTests'
esac
case "${1:-both}" in address | both)
    # The core alone: it has all the C code and all the readers, and builds in a third of the time.
    FACEKIT_CORE_ONLY=1 sanitized address .build/asan \
        'ConcurrencyTests|ChainTests|PixelPlanesTests|DecodedMeanwhile|InputCheckTests|KernelTests|RandomGraphTests|Malformed|Damaged|Mutation|kernelsGiveTheGoldenOutputs'
esac
