// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

#include "cfk_inflate.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

struct cfk_inflater {
    z_stream stream;
};

cfk_inflater *cfk_inflater_create(void) {
    cfk_inflater *inflater = calloc(1, sizeof *inflater);
    if (inflater == NULL) return NULL;
    // Negative window bits: no zlib header around the data.
    if (inflateInit2(&inflater->stream, -MAX_WBITS) != Z_OK) {
        free(inflater);
        return NULL;
    }
    return inflater;
}

void cfk_inflater_free(cfk_inflater *inflater) {
    inflateEnd(&inflater->stream);
    free(inflater);
}

static uInt limited(size_t count) { return count > UINT_MAX ? UINT_MAX : (uInt)count; }

cfk_inflate_status cfk_inflater_run(
    cfk_inflater *inflater, const uint8_t *packed, size_t *packed_count, uint8_t *bytes, size_t *count) {
    z_stream *stream = &inflater->stream;
    const uInt available = limited(*packed_count), space = limited(*count);
    stream->next_in = (Bytef *)packed;
    stream->avail_in = available;
    stream->next_out = bytes;
    stream->avail_out = space;
    const int result = inflate(stream, Z_NO_FLUSH);
    *packed_count = available - stream->avail_in;
    *count = space - stream->avail_out;
    if (result == Z_STREAM_END) return cfk_inflate_end;
    // Without progress, which is what a buffer error says, the caller's bytes have run out.
    if (result == Z_OK || result == Z_BUF_ERROR) return cfk_inflate_more;
    return cfk_inflate_damaged;
}

uint32_t cfk_crc32(uint32_t checksum, const uint8_t *bytes, size_t count) {
    uLong value = checksum;
    while (count > 0) {
        const uInt length = limited(count);
        value = crc32(value, bytes, length);
        bytes += length;
        count -= length;
    }
    return (uint32_t)value;
}
