#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Part of FaceKit.
#
# Shows FaceKit at work on pictures, those named in PICTURES or some of the evaluation data, and then serves until it is
# interrupted (SERVE=no leaves that out). Expects the release build and the models to be there.

. "$(dirname "$0")/environment.sh"

facekit=$(swift build -c release "${traits[@]}" --show-bin-path)/facekit
output=.build/demo
mkdir -p "$output"

# run ARGUMENTS: shows the command as a user would type it, then runs it.
run() {
    printf '\n$ facekit'
    printf ' %q' "$@"
    printf '\n'
    "$facekit" "$@"
}

pictures=() pairs=()
if [ -n "${PICTURES:-}" ]; then
    read -r -a pictures <<<"$PICTURES"
    for picture in "${pictures[@]}"; do [ -f "$picture" ] || fail "there is no picture $picture"; done
    if [ ${#pictures[@]} -gt 1 ]; then pairs=("${pictures[0]}" "${pictures[1]}"); fi
elif [ -d "$FACEKIT_EVAL/detect-dev/images" ]; then
    mapfile -t pictures < <(find "$FACEKIT_EVAL/detect-dev/images" -name '*.jpg' | sort | head -n 3)
    # The first same-person line of the pair list, and the first of two people.
    list=$FACEKIT_EVAL/lfw-dev/pairs-dev.txt
    file() { printf '%s/lfw-dev/images/%s/%s_%04d.jpg' "$FACEKIT_EVAL" "$1" "$1" "$2"; }
    if [ -f "$list" ]; then
        IFS=$'\t' read -r name first second < <(awk -F'\t' 'NF == 3 { print; exit }' "$list")
        pairs=("$(file "$name" "$first")" "$(file "$name" "$second")")
        IFS=$'\t' read -r name first other second < <(awk -F'\t' 'NF == 4 { print; exit }' "$list")
        pairs+=("$(file "$name" "$first")" "$(file "$other" "$second")")
    fi
else
    say 'to see the command line at work, name two pictures: make demo PICTURES="a.jpg b.jpg"'
fi

embedder=face_reidentification_retail_0095
if [ ${#pairs[@]} -gt 0 ] && ! "$facekit" models path "$embedder" >/dev/null 2>&1; then
    pairs=()
    say "comparing is left out: the model $embedder is not available here"
fi

for picture in "${pictures[@]}"; do
    marked=$output/$(basename "${picture%.*}")-marked.jpg
    run detect "$picture" --output "$marked"
done
for ((index = 0; index + 1 < ${#pairs[@]}; index += 2)); do
    run compare "${pairs[index]}" "${pairs[index + 1]}"
done

printf '\n'
[ ${#pictures[@]} -eq 0 ] || say "the pictures with the faces marked are in $PWD/$output"

case "${SERVE:-yes}" in
    yes) ;;
    no) exit 0 ;;
    *) fail "SERVE is \"$SERVE\"; it can be yes or no" ;;
esac
say "the server, with its data in $PWD/$output/data; interrupt it (Ctrl-C) to end it"
printf '\n$ facekit serve --data %q\n' "$output/data"
exec "$facekit" serve --data "$output/data"
