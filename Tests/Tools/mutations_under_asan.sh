#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Part of FaceKit.
#
# Decodes ten thousand mutated pictures with every line of FaceKit, Swift and C, under Address Sanitizer. FACEKIT_EVAL
# names the folder with the evaluation data; FACEKIT_MUTATIONS another number.

set -euo pipefail
cd "$(dirname "$0")/../.."

: "${FACEKIT_EVAL:?names the folder with the evaluation data}"
export FACEKIT_MUTATIONS="${FACEKIT_MUTATIONS:-10000}"
# Swift's runtime keeps some memory until the process ends, which is no leak of ours.
export ASAN_OPTIONS="detect_leaks=0:abort_on_error=1:allocator_may_return_null=1"
swift test -c release --sanitize=address --scratch-path .build/asan --disable-xctest --filter ImagingMutationTests
