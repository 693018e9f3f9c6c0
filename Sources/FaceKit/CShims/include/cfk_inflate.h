// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

#ifndef CFK_INFLATE_H
#define CFK_INFLATE_H

#include <stddef.h>
#include <stdint.h>

// Decompression of DEFLATE data (RFC 1951) as zip archives hold it, piece by piece, over zlib.

/// What a call came to.
enum __attribute__((enum_extensibility(closed))) cfk_inflate_status {
    /// There is more to come.
    cfk_inflate_more = 0,
    /// The data have ended.
    cfk_inflate_end = 1,
    /// The data are damaged.
    cfk_inflate_damaged = 2,
};
typedef enum cfk_inflate_status cfk_inflate_status;

typedef struct cfk_inflater cfk_inflater;

/// NULL when memory runs out; freed by `cfk_inflater_free`.
cfk_inflater *_Nullable cfk_inflater_create(void);

void cfk_inflater_free(cfk_inflater *_Nonnull inflater);

/// Takes compressed bytes and gives bytes; both counts are what there is before the call and what was used after it.
cfk_inflate_status cfk_inflater_run(
    cfk_inflater *_Nonnull inflater, const uint8_t *_Nonnull packed, size_t *_Nonnull packed_count,
    uint8_t *_Nonnull bytes, size_t *_Nonnull count);

/// Continues the CRC-32 `checksum`, which begins as 0, over more bytes.
uint32_t cfk_crc32(uint32_t checksum, const uint8_t *_Nonnull bytes, size_t count);

#endif
