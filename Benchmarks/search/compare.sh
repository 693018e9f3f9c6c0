#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Part of FaceKit.
#
# Installs FAISS and USearch into an environment of their own and compares FaceKit's search with theirs; the arguments
# go to compare.py. The tables are printed and kept in Benchmarks/results/search.md, the plot beside them.
#
#   FACEKIT  the command (default: the release build's)
#   PYTHON   the Python to make the environment with (default python3)

. "$(dirname "$0")/../../.ci/environment.sh"

environment=.build/bench-search
python=$environment/venv/bin/python
export FACEKIT=${FACEKIT:-$(swift build -c release --show-bin-path 2>/dev/null || true)/facekit}

[ -x "$FACEKIT" ] || fail "there is no release build at $FACEKIT: run make bench-search, or set FACEKIT"

if [ ! -e "$environment/installed" ]; then
    say "installing FAISS and USearch into $environment" >&2
    "${PYTHON:-python3}" -m venv "$environment/venv" || fail "cannot make a Python environment in $environment"
    "$python" -m pip install --disable-pip-version-check numpy faiss-cpu usearch >>"$logs/bench-search.log" 2>&1 \
        || fail "pip could not install FAISS and USearch: see $logs/bench-search.log"
    touch "$environment/installed"
fi

mkdir -p Benchmarks/results
"$python" Benchmarks/search/compare.py --work "$environment/vectors" --plot Benchmarks/results/search.svg "$@" \
    | tee Benchmarks/results/search.md
