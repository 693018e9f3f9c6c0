#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Part of FaceKit.
#
# Follows the guide's steps in a real browser. Needs chromium with its driver (Debian: chromium chromium-driver) and
# Python with selenium; without them it says so and ends well, unless FACEKIT_UI=required. As other tests do without
# pictures of people (FACEKIT_EVAL), so do these.

. "$(dirname "$0")/environment.sh"

leave_out() {
    [ "${FACEKIT_UI:-}" = required ] && fail "$*"
    say "the pages are not tested in a browser: $*"
    exit 0
}

command -v chromedriver >/dev/null || leave_out "there is no chromedriver; install chromium and chromium-driver"
command -v python3 >/dev/null || leave_out "there is no python3"
if [ -z "${FACEKIT_EVAL:-}" ]; then
    say "the pages are not tested in a browser: FACEKIT_EVAL is not set, so there are no pictures of people"
    exit 0
fi

python=python3
if ! python3 -c 'import selenium' 2>/dev/null; then
    python3 -m venv .build/ui-python >"$logs/ui-python.log" 2>&1 \
        && .build/ui-python/bin/pip install -q -r Tests/UI/requirements.txt >>"$logs/ui-python.log" 2>&1 \
        || leave_out "selenium cannot be installed, see $logs/ui-python.log"
    python=.build/ui-python/bin/python
fi

export FACEKIT_EXECUTABLE="${FACEKIT_EXECUTABLE:-$(swift build -c release "${traits[@]}" --show-bin-path)/facekit}"
[ -x "$FACEKIT_EXECUTABLE" ] || fail "$FACEKIT_EXECUTABLE is not built"
"$python" -m unittest discover -s Tests/UI -v
