// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

// The whole of one level. The including file defines
//   CFK_TABLE       name of the table
//   CFK_LEVEL       its cfk_level
//   CFK_LEVEL_NAME  its name
//   CFK_PIXELS      most pixels of a micro-kernel tile (2, 4, 6 or 8)
//   CFK_LANES       floats of a register (4, 8 or 16)
//   CFK_OUT_BLOCKS  most output blocks of a tile (1 or 2)

// Vectors are passed to inlined functions only, so there is no calling convention to disagree about.
#pragma clang diagnostic ignored "-Wpsabi"

enum {
    /// Software prefetch of the weight stream, in floats.
    CFK_PREFETCH = 4096,
    /// Aim for the transformed input of one Winograd tile block.
    CFK_WINOGRAD_V_BYTES = 256 * 1024,
    /// Transformed weights up to this size stay in the second cache.
    CFK_WINOGRAD_U_BYTES = 1024 * 1024,
};
/// Larger element counts are refused: 2^40 floats.
#define CFK_MOST_FLOATS ((int64_t)1 << 40)

#include "lanes.h"
#include "tile.h"
#include "half_tile.h"
#include "direct.h"
#include "depthwise.h"
#include "winograd.h"
#include "planar_winograd.h"
#include "planar.h"
#include "dense.h"
#include "pool.h"
#include "functions.h"
#include "elementwise.h"
#include "move.h"
#include "gemm.h"
#include "rows.h"

/// Whether a * b * c stays below the limit.
static int cfk_fits(int64_t a, int64_t b, int64_t c) {
    int64_t product;
    return !__builtin_mul_overflow(a, b, &product) && !__builtin_mul_overflow(product, c, &product)
        && product <= CFK_MOST_FLOATS;
}

/// What every algorithm asks of a convolution's sizes.
static cfk_status cfk_conv_check(const cfk_conv *conv) {
    if (conv->batch < 1 || conv->in_channels < 1 || conv->in_height < 1 || conv->in_width < 1 || conv->out_channels < 1
        || conv->out_height < 1 || conv->out_width < 1 || conv->kernel_height < 1 || conv->kernel_width < 1
        || conv->stride_height < 1 || conv->stride_width < 1 || conv->dilation_height < 1 || conv->dilation_width < 1) {
        return CFK_BAD_SIZE;
    }
    const int64_t limit = 1 << 24;
    if (conv->in_height > limit || conv->in_width > limit || conv->out_height > limit || conv->out_width > limit
        || conv->kernel_height > limit || conv->kernel_width > limit || conv->stride_height > limit
        || conv->stride_width > limit || conv->dilation_height > limit || conv->dilation_width > limit
        || conv->pad_top > limit || conv->pad_left > limit || conv->pad_top < -limit || conv->pad_left < -limit
        || conv->in_channels > limit || conv->out_channels > limit || conv->batch > limit) {
        return CFK_TOO_LARGE;
    }
    const int64_t in = cfk_blocks(conv->in_channels) * 16, out = cfk_blocks(conv->out_channels) * 16;
    const int64_t taps = (int64_t)conv->kernel_height * conv->kernel_width;
    if (!cfk_fits(conv->batch * in, conv->in_height, conv->in_width)
        || !cfk_fits(conv->batch * out, conv->out_height, conv->out_width) || !cfk_fits(in * 36, out, taps)
        || !cfk_fits(in * 36, conv->batch * (int64_t)(conv->out_height + 3), conv->out_width + 3)) {
        return CFK_TOO_LARGE;
    }
    return CFK_OK;
}

static cfk_status cfk_conv_prepare(cfk_conv *conv, int32_t threads) {
    const cfk_status status = cfk_conv_check(conv);
    if (status != CFK_OK) return status;
    conv->shared_floats = 0;
    conv->items[1] = 0;
    switch (conv->algorithm) {
        case CFK_CONV_DIRECT: return cfk_direct_prepare(conv, threads);
        case CFK_CONV_WINOGRAD4:
        case CFK_CONV_WINOGRAD2: return cfk_winograd_prepare(conv, threads);
        case CFK_CONV_DEPTHWISE: return cfk_depthwise_prepare(conv, threads);
        case CFK_CONV_PLANAR: return cfk_planar_prepare(conv, threads);
        case CFK_CONV_MATRIX: break;
    }
    return CFK_UNSUPPORTED;
}

static void cfk_conv_pack(const cfk_conv *conv, const float *weights, float *packed, int64_t begin, int64_t end) {
    switch (conv->algorithm) {
        case CFK_CONV_DIRECT: cfk_direct_pack(conv, weights, packed, begin, end); break;
        case CFK_CONV_WINOGRAD4:
        case CFK_CONV_WINOGRAD2: cfk_winograd_pack(conv, weights, packed, begin, end); break;
        case CFK_CONV_DEPTHWISE: cfk_depthwise_pack(conv, weights, packed, begin, end); break;
        case CFK_CONV_PLANAR: cfk_planar_pack(conv, weights, packed, begin, end); break;
        case CFK_CONV_MATRIX: break;
    }
}

static void cfk_conv_run(const cfk_conv *conv, const cfk_conv_buffers *buffers, int32_t phase, int64_t begin,
                         int64_t end, float *scratch) {
    switch (conv->algorithm) {
        case CFK_CONV_DIRECT: cfk_direct_run(conv, buffers, begin, end, scratch); break;
        case CFK_CONV_WINOGRAD4:
        case CFK_CONV_WINOGRAD2: cfk_winograd_run(conv, buffers, phase, begin, end, scratch); break;
        case CFK_CONV_DEPTHWISE: cfk_depthwise_run(conv, buffers, begin, end, scratch); break;
        case CFK_CONV_PLANAR: cfk_planar_run(conv, buffers, begin, end, scratch); break;
        case CFK_CONV_MATRIX: break;
    }
}

#include "chain.h"

/// Everything of a table but its level, its name and its convolutions.
#define CFK_OTHER_KERNELS \
    .chain_prepare = cfk_chain_prepare, \
    .chain_run = cfk_chain_run, \
    .dense_prepare = cfk_dense_prepare, \
    .dense_pack = cfk_dense_pack, \
    .dense_run = cfk_dense_run, \
    .pool_prepare = cfk_pool_prepare, \
    .pool_run = cfk_pool_run, \
    .elementwise_prepare = cfk_elementwise_prepare, \
    .elementwise_run = cfk_elementwise_run, \
    .reorder_prepare = cfk_reorder_prepare, \
    .reorder_run = cfk_reorder_run, \
    .channel_copy_prepare = cfk_channel_copy_prepare, \
    .channel_copy_run = cfk_channel_copy_run, \
    .upsample_prepare = cfk_upsample_prepare, \
    .upsample_run = cfk_upsample_run, \
    .resample_prepare = cfk_resample_prepare, \
    .resample_run = cfk_resample_run, \
    .gemm_prepare = cfk_gemm_prepare, \
    .gemm_run = cfk_gemm_run, \
    .rows_prepare = cfk_rows_prepare, \
    .rows_run = cfk_rows_run, \
    .normalize_prepare = cfk_normalize_prepare, \
    .normalize_run = cfk_normalize_run,

const cfk_kernel_table CFK_TABLE = {
    .level = CFK_LEVEL,
    .name = CFK_LEVEL_NAME,
    .conv_prepare = cfk_conv_prepare,
    .conv_pack = cfk_conv_pack,
    .conv_run = cfk_conv_run,
    CFK_OTHER_KERNELS
};
