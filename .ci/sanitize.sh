#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Part of FaceKit.
#
# Runs the engine's tests of threads under the Thread Sanitizer, and those of damaged files, odd geometries and random
# networks under the Address Sanitizer. Both build in folders of their own beside the ordinary build.

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

# Reports go on after the first one, and leaks of the Swift runtime and the test runner are not ours to judge.
export TSAN_OPTIONS="halt_on_error=0 ${TSAN_OPTIONS:-}" ASAN_OPTIONS="detect_leaks=0 ${ASAN_OPTIONS:-}"

sanitized thread .build/tsan 'ConcurrencyTests|WorkerPoolTests|MemoryGalleryTests'
sanitized address .build/asan \
    'ConcurrencyTests|InputCheckTests|KernelTests|RandomGraphTests|Malformed|Damaged|kernelsGiveTheGoldenOutputs'
