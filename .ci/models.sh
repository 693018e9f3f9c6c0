#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Part of FaceKit.
#
# Fetches the models named in MODELS, or those of the demonstration, into the cache, FACEKIT_MODELS: from the mirror
# where there is one that has them, otherwise from their publishers. Expects the release build to be there. Safe to
# repeat: a model that is there and whole is left alone.

. "$(dirname "$0")/environment.sh"

facekit=$(swift build -c release "${traits[@]}" --show-bin-path)/facekit
# A detector, the embedder, MTCNN for the system that names it, age and gender; masks, pose and dense landmarks (for fusion)
# have no address in the catalogue, so they come from a mirror or not at all.
demonstration="yunet_n face_reidentification_retail_0095 mtcnn age_gender_tinyxception"
if [ -n "$FACEKIT_MODEL_MIRROR" ]; then
    demonstration+=" facemask_aizoo fsanet_1x1 fsanet_var pfld_ghostone_98 facemesh_468"
fi
read -r -a models <<<"${MODELS:-$demonstration}"

missing=0
for model in "${models[@]}"; do
    "$facekit" models pull "$model" || missing=$((missing + 1))
done
if [ "$missing" -gt 0 ]; then
    say "$missing of ${#models[@]} could not be fetched; with FACEKIT_MODEL_MIRROR set to a folder or an address that has" \
        "them, repeat"
fi
