#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Part of FaceKit.
#
# Puts models into the cache, FACEKIT_MODELS: from the mirror where there is one, every file checked against the card
# beside it; otherwise from their publishers, as far as the published files can be read. Safe to repeat: a model that is
# there and whole is left alone.

. "$(dirname "$0")/environment.sh"

mkdir -p "$FACEKIT_MODELS" 2>/dev/null || fail "cannot write to the model cache $FACEKIT_MODELS (set FACEKIT_MODELS)"

sha256() { sha256sum "$1" 2>/dev/null | cut -d' ' -f1; }

# The hash of the whole model file is the first one in a card; later ones belong to its sources.
card_sha256() { sed -n 's/.*"sha256": *"\([0-9a-f]\{64\}\)".*/\1/p' "$1" | head -n 1; }

# place FILE TARGET: appears whole or not at all, so that an interrupted run leaves no half model.
place() {
    mkdir -p "$(dirname "$2")"
    cp "$1" "$2.part" && chmod u+w "$2.part" && mv "$2.part" "$2"
}

copied=0 kept=0 absent=()

from_mirror() {
    local card model relative expected
    while IFS= read -r card; do
        model=${card%.json}.onnx
        [ -f "$model" ] || continue
        relative=${model#"$FACEKIT_MODEL_MIRROR"/}
        expected=$(card_sha256 "$card")
        [ -n "$expected" ] || fail "the card $card has no sha256; the model was not copied"
        if [ "$(sha256 "$FACEKIT_MODELS/$relative")" = "$expected" ] \
            && cmp -s "$card" "$FACEKIT_MODELS/${relative%.onnx}.json"; then
            kept=$((kept + 1))
            continue
        fi
        [ "$(sha256 "$model")" = "$expected" ] \
            || fail "$model does not have the sha256 of its card ($expected); it is damaged or not the model it claims"
        place "$model" "$FACEKIT_MODELS/$relative"
        place "$card" "$FACEKIT_MODELS/${relative%.onnx}.json"
        copied=$((copied + 1))
    done < <(find -L "$FACEKIT_MODEL_MIRROR" -name '*.json' | sort)
}

from_publishers() {
    local card relative target expected url host name
    while IFS= read -r card; do
        relative=${card#.ci/cards/}
        target=$FACEKIT_MODELS/${relative%.json}.onnx
        name=$(basename "$card" .json)
        expected=$(card_sha256 "$card")
        url=$(sed -n 's/.*"\(https:[^"]*\)".*/\1/p' "$card" | head -n 1)
        host=$(cut -d/ -f3 <<<"$url")
        if [ "$(sha256 "$target")" = "$expected" ]; then
            kept=$((kept + 1))
        elif ! curl --fail --silent --location --connect-timeout 15 --max-time 300 \
            --output "$logs/download" "$url"; then
            absent+=("$name (no answer from $host)")
            continue
        elif [ "$(sha256 "$logs/download")" != "$expected" ]; then
            absent+=("$name (what $host sent is not the file of the card)")
            continue
        else
            place "$logs/download" "$target"
            copied=$((copied + 1))
        fi
        # A card that came with a model from a mirror says more than ours.
        [ -f "${target%.onnx}.json" ] || place "$card" "${target%.onnx}.json"
    done < <(find .ci/cards -name '*.json' | sort)
    rm -f "$logs/download"

    while IFS= read -r name; do
        case "$name" in '#'* | '') continue ;; esac
        if [ -n "$(find -L "$FACEKIT_MODELS" -name "$name.onnx" | head -n 1)" ]; then
            kept=$((kept + 1))
        else
            absent+=("$name (published in another format)")
        fi
    done <.ci/models.list
}

if [ -n "$FACEKIT_MODEL_MIRROR" ]; then
    [ -d "$FACEKIT_MODEL_MIRROR" ] || fail "FACEKIT_MODEL_MIRROR is $FACEKIT_MODEL_MIRROR, which is no folder"
    from_mirror
    [ $((copied + kept)) -gt 0 ] || fail "the mirror $FACEKIT_MODEL_MIRROR holds no model with a card"
else
    from_publishers
fi

say "models in $FACEKIT_MODELS: $copied new, $kept already there"
if [ ${#absent[@]} -gt 0 ]; then
    for model in "${absent[@]}"; do say "not available: $model"; done
    say "to have them, set FACEKIT_MODEL_MIRROR to a folder of models with their cards and repeat"
fi
