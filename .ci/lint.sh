#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Part of FaceKit.
#
# Checks the format of every Swift file that is ours.

. "$(dirname "$0")/environment.sh"

command -v swift >/dev/null || fail "swift is not installed: see https://www.swift.org/install"
find Package.swift Sources Tests Benchmarks Docs -name '*.swift' -not -path '*/.build/*' -print0 \
    | xargs -0 swift format lint --strict
say "format: no findings"
