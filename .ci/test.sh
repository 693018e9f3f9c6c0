#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Part of FaceKit.
#
# All that must hold before a change is taken: layout of the code, use as a dependency, the core without OpenBLAS, every
# test. The whole suite comes last, so that its summary closes the output.

. "$(dirname "$0")/environment.sh"

step() { printf '\n== %s\n' "$*"; }

step "format"
.ci/lint.sh

step "the README's example, as a package that depends on FaceKit"
swift build -c release --package-path Docs/Examples/Quickstart --scratch-path .build/quickstart

step "the core without OpenBLAS"
swift test -c release --disable-xctest --disable-default-traits --scratch-path .build/portable \
    --filter FaceKitInferenceTests

[ -n "$FACEKIT_MODEL_MIRROR" ] || say "FACEKIT_MODEL_MIRROR is not set: tests that need models will be skipped"
[ -n "$FACEKIT_EVAL" ] || say "FACEKIT_EVAL is not set: tests that need pictures will be skipped"
step "all tests"
swift test -c release --disable-xctest "${traits[@]}"
