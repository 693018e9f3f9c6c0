# SPDX-License-Identifier: Apache-2.0
# Part of FaceKit.
#
# Read by the scripts beside it: where things lie, and how to speak.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf 'facekit: %s\n' "$*"; }
fail() {
    printf 'facekit: %s\n' "$*" >&2
    exit 1
}

# The evaluation data and the model mirror, where a checkout has them beside it.
beside() { if [ -d "$1" ]; then (cd "$1" && pwd); fi; }
export FACEKIT_MODEL_MIRROR="${FACEKIT_MODEL_MIRROR:-$(beside ../shared/models)}"
export FACEKIT_EVAL="${FACEKIT_EVAL:-$(beside ../shared/eval)}"
export FACEKIT_MODELS="${FACEKIT_MODELS:-${HOME:-$PWD/.build}/.cache/facekit}"

# OPENBLAS=no builds without the default traits: the package's own kernels instead of OpenBLAS, and of the formats only
# those that need no further library.
case "${OPENBLAS:-yes}" in
    yes) traits=() ;;
    no) traits=(--disable-default-traits) ;;
    *) fail "OPENBLAS is \"$OPENBLAS\"; it can be yes or no" ;;
esac

# Logs of commands whose output matters only when they fail.
logs=.build/logs
mkdir -p "$logs" 2>/dev/null || fail "cannot write to $PWD/.build"
