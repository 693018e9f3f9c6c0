#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Part of FaceKit.
#
# All that must hold before a change is taken: layout of the code, use as a dependency, the core without optional libraries, every
# test. The whole suite comes last, so that its summary closes the output.

. "$(dirname "$0")/environment.sh"

step() { printf '\n== %s\n' "$*"; }

step "format"
.ci/lint.sh

examples() {
    step "the README's example, as a package that depends on FaceKit"
    if [ ${#traits[@]} -gt 0 ]; then
        say "left out: a dependent's own manifest says whether OpenBLAS is used, and this one uses it"
    else
        quickstart=(--package-path Docs/Examples/Quickstart --scratch-path .build/quickstart)
        swift build -c release "${quickstart[@]}"
        portrait=$(find "${FACEKIT_EVAL:-.build}" -path '*/lfw-dev/images/*.jpg' 2>/dev/null | head -n 1 || true)
        if [ -n "$FACEKIT_MODEL_MIRROR" ] && [ -n "$portrait" ]; then
            "$(swift build -c release "${quickstart[@]}" --show-bin-path)/Quickstart" \
                "$FACEKIT_MODEL_MIRROR" "$portrait" "$portrait" >"$logs/quickstart.log"
            grep -qE '^(1\.0|0\.9999)' "$logs/quickstart.log" \
                || fail "a face compared with itself should give 1, the example says: $(cat "$logs/quickstart.log")"
        fi
    fi

    step "the example of an application that mounts systems"
    if [ ${#traits[@]} -gt 0 ]; then
        say "left out: it uses OpenBLAS as its manifest has it"
    else
        # It is only compiled, so without optimisation, which takes half the time.
        swift build --package-path Docs/Examples/Server --scratch-path .build/server-example
    fi
}

# The examples are packages of their own, so that their builds can go on beside those below: a build ends with modules that
# wait for one another and keep one core only.
# A group of its own, so that nothing of it outlives a step that fails.
set -m
examples >"$logs/examples.log" 2>&1 &
examples_pid=$!
set +m
trap 'kill -- "-$examples_pid" 2>/dev/null || true' EXIT

step "arm64 kernels under emulation"
.ci/arm64.sh

step "the core and the pictures without OpenBLAS, giflib, libtiff and libwebp"
FACEKIT_CORE_ONLY=1 swift test -c release --disable-xctest --disable-default-traits --scratch-path .build/portable \
    --filter 'FaceKitInferenceTests|FaceKitTests.Imaging'

[ -n "$FACEKIT_MODEL_MIRROR" ] || say "FACEKIT_MODEL_MIRROR is not set: tests that need models will be skipped"
[ -n "$FACEKIT_EVAL" ] || say "FACEKIT_EVAL is not set: tests that need pictures will be skipped"
step "the build for all tests"
# A filter that no test passes: builds as the tests need it, and the command beside them.
swift test -c release --disable-xctest "${traits[@]}" --filter '^nothing$' >"$logs/build.log" 2>&1 \
    || { grep -E 'error:' "$logs/build.log" | head -n 20; fail "the build for the tests failed; see $logs/build.log"; }

wait "$examples_pid" || { cat "$logs/examples.log"; fail "an example does not build or work"; }
grep -vE '^\[[0-9]+/[0-9]+\]' "$logs/examples.log" || true

step "the pages in a browser"
.ci/ui.sh

step "all tests"
# One after the other: tests that compute would keep the threads from those that talk to servers and watch the time.
swift test -c release --disable-xctest --no-parallel "${traits[@]}"
