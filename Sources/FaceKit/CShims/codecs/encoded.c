// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

#include <stdlib.h>

#include "cfk_codecs.h"

void cfk_encoded_free(cfk_encoded *encoded) {
    free(encoded->bytes);
    encoded->bytes = NULL;
    encoded->count = 0;
}
