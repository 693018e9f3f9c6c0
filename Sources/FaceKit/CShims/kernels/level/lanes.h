// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

// Vectors of the 16 channels of one block. Everything under level/ is compiled once per instruction-set level, inside
// that level's target attribute: a 16-float vector is one register with AVX-512, two with AVX2, four with SSE2 or NEON.

#define CFK_INLINE static inline __attribute__((always_inline))
#define CFK_UNROLL _Pragma("clang loop unroll(full)")

typedef float cfk_v16 __attribute__((ext_vector_type(16)));
typedef float cfk_v16_unaligned __attribute__((ext_vector_type(16), aligned(4)));
typedef int32_t cfk_i16 __attribute__((ext_vector_type(16)));
typedef float cfk_v4 __attribute__((ext_vector_type(4)));
typedef float cfk_v4_unaligned __attribute__((ext_vector_type(4), aligned(4)));

CFK_INLINE cfk_v16 cfk_load(const float *p) { return *(const cfk_v16_unaligned *)p; }
CFK_INLINE void cfk_store(float *p, cfk_v16 v) { *(cfk_v16_unaligned *)p = v; }

// Comparisons keep the operand that makes NaN come through a rectifier.
CFK_INLINE cfk_v16 cfk_positive(cfk_v16 x) { return (x < 0.0f) ? (cfk_v16)0.0f : x; }
CFK_INLINE cfk_v16 cfk_negative(cfk_v16 x) { return (x > 0.0f) ? (cfk_v16)0.0f : x; }
CFK_INLINE cfk_v16 cfk_max(cfk_v16 a, cfk_v16 b) { return (a < b) ? b : a; }
CFK_INLINE cfk_v16 cfk_min(cfk_v16 a, cfk_v16 b) { return (a > b) ? b : a; }

/// Zeros the lanes from `live` on.
CFK_INLINE cfk_v16 cfk_keep(cfk_v16 x, int64_t live) {
    const cfk_i16 index = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    return (index < (cfk_i16)(int32_t)live) ? x : (cfk_v16)0.0f;
}

CFK_INLINE int64_t cfk_smaller(int64_t a, int64_t b) { return a < b ? a : b; }
CFK_INLINE int64_t cfk_larger(int64_t a, int64_t b) { return a > b ? a : b; }
CFK_INLINE int64_t cfk_ceiling(int64_t a, int64_t b) { return (a + b - 1) / b; }
/// Start of part `i` of `count` things cut into `parts` nearly equal parts.
CFK_INLINE int64_t cfk_cut(int64_t count, int64_t parts, int64_t i) {
    return count / parts * i + cfk_smaller(i, count % parts);
}
/// Blocks of 16 channels.
CFK_INLINE int64_t cfk_blocks(int64_t channels) { return (channels + 15) / 16; }
/// Live channels of block `b`.
CFK_INLINE int64_t cfk_live(int64_t channels, int64_t b) { return cfk_smaller(16, channels - b * 16); }

/// Row `y` of block `b` of picture `n` of a map `width` pixels wide.
CFK_INLINE float *cfk_row_at(const cfk_map *map, int64_t n, int64_t b, int64_t y, int64_t width) {
    return map->data + n * map->batch_stride + b * map->block_stride + y * width * 16;
}

/// First and last + 1 kernel positions whose pixels, `from + k * dilation`, lie in 0..<size.
CFK_INLINE void cfk_window(int64_t from, int64_t kernel, int64_t dilation, int64_t size, int64_t *first, int64_t *last) {
    *first = from < 0 ? cfk_smaller(kernel, cfk_ceiling(-from, dilation)) : 0;
    *last = from >= size ? 0 : cfk_smaller(kernel, (size - 1 - from) / dilation + 1);
    *last = cfk_larger(*first, *last);
}

static const float cfk_zeros[64] = {0};

// Most kernels work on one block of channels at a time, and their items are runs of its rows or pixels. Items of one run
// follow each other, block by block, so that a thread's share of all items is a stretch of the map, which is where it
// has written in the layer before. A map of more channels than pixels is one run: there each thread has some channels, for
// the layers between have more weights than the map has numbers, and are cut by their outputs.

typedef struct cfk_stretch {
    int64_t n, run, block;
} cfk_stretch;

CFK_INLINE cfk_stretch cfk_stretch_of(int64_t item, int64_t runs, int64_t blocks) {
    return (cfk_stretch){item / blocks / runs, item / blocks % runs, item % blocks};
}

/// Into how many runs to cut `length` rows or pixels of each picture of `pixels`: `wanted` or more, none shorter than
/// `least`, as many for one thread as for another.
CFK_INLINE int64_t cfk_runs(int64_t length, int64_t least, int64_t wanted, int64_t batch, int64_t channels, int64_t pixels,
                            int64_t threads) {
    if (threads == 1 || channels > pixels) return 1;
    const int64_t each = cfk_ceiling(threads, batch);
    const int64_t runs = cfk_ceiling(cfk_larger(wanted, each), each) * each;
    return cfk_larger(1, cfk_smaller(runs, length / least));
}
