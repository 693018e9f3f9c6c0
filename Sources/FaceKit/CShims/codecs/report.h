// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

#ifndef CFK_CODECS_REPORT_H
#define CFK_CODECS_REPORT_H

#include <stdio.h>

#include "cfk_codecs.h"

// Fills the message and returns the status, so that a codec can leave with both in one statement.
static inline cfk_codec_status report(cfk_codec_message *message, cfk_codec_status status, const char *text) {
    snprintf(message->text, sizeof message->text, "%s", text);
    return status;
}

#endif
