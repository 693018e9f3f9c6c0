// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

// XXH64 as its specification describes it, with seed 0.

#include "levels.h"

static const uint64_t prime1 = 0x9E3779B185EBCA87u, prime2 = 0xC2B2AE3D27D4EB4Fu, prime3 = 0x165667B19E3779F9u,
                      prime4 = 0x85EBCA77C2B2AE63u, prime5 = 0x27D4EB2F165667C5u;

CFK_INLINE uint64_t rotated(uint64_t value, int bits) { return value << bits | value >> (64 - bits); }

CFK_INLINE uint64_t little_endian(const uint8_t *p, int bytes) {
    uint64_t value = 0;
    for (int i = 0; i < bytes; ++i) value |= (uint64_t)p[i] << (8 * i);
    return value;
}

CFK_INLINE uint64_t round_of(uint64_t lane, uint64_t input) { return rotated(lane + input * prime2, 31) * prime1; }

uint64_t cfk_checksum(const void *data, int64_t length) {
    const uint8_t *p = data;
    int64_t left = length;
    uint64_t sum = prime5;
    if (left >= 32) {
        uint64_t lanes[4] = {prime1 + prime2, prime2, 0, 0 - prime1};
        for (; left >= 32; left -= 32, p += 32) {
            for (int i = 0; i < 4; ++i) lanes[i] = round_of(lanes[i], little_endian(p + 8 * i, 8));
        }
        sum = rotated(lanes[0], 1) + rotated(lanes[1], 7) + rotated(lanes[2], 12) + rotated(lanes[3], 18);
        for (int i = 0; i < 4; ++i) sum = (sum ^ round_of(0, lanes[i])) * prime1 + prime4;
    }
    sum += (uint64_t)length;
    for (; left >= 8; left -= 8, p += 8) sum = rotated(sum ^ round_of(0, little_endian(p, 8)), 27) * prime1 + prime4;
    for (; left >= 4; left -= 4, p += 4) sum = rotated(sum ^ little_endian(p, 4) * prime1, 23) * prime2 + prime3;
    for (; left > 0; --left, ++p) sum = rotated(sum ^ *p * prime5, 11) * prime1;
    sum = (sum ^ sum >> 33) * prime2;
    sum = (sum ^ sum >> 29) * prime3;
    return sum ^ sum >> 32;
}
