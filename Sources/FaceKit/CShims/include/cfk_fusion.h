// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

#ifndef CFK_FUSION_H
#define CFK_FUSION_H

#include <stddef.h>
#include <stdint.h>

// Inner loops of face fusion. All of them take sizes that the caller has checked against its buffers.

/// A triangle of the output, and where its pixels come from: output pixel (x, y) shows the source at
/// `(map[0] x + map[1] y + map[2], map[3] x + map[4] y + map[5])`.
typedef struct cfk_triangle {
    double corners[6];
    double map[6];
} cfk_triangle;

/// Draws triangles of 8-bit RGB `source`, sampled bilinearly, into `output`; beyond the source its nearest pixel counts.
/// `covered` becomes 1 where a triangle was drawn. Edges belong to both triangles they part.
void cfk_warp_triangles(
    const uint8_t *_Nonnull source, int32_t width, int32_t height, const cfk_triangle *_Nonnull triangles, size_t count,
    int32_t output_width, int32_t output_height, uint8_t *_Nonnull output, uint8_t *_Nonnull covered);

/// The smallest number of at least `minimum` whose only prime factors are 2, 3 and 5.
int32_t cfk_smooth_extent(int32_t minimum);

/// Solves Poisson's equation on a grid of `height` rows of `width` values with zero all around: replaces `values` by u
/// where u(x-1,y) + u(x+1,y) + u(x,y-1) + u(x,y+1) - 4 u(x,y) is the value at (x, y). `width` + 1 must be a number that
/// `cfk_smooth_extent` gives. Returns 0, or -1 when memory runs out.
int32_t cfk_poisson_solve(float *_Nonnull values, int32_t width, int32_t height);

#endif
