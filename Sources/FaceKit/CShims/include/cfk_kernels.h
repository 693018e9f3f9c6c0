// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

#ifndef CFK_KERNELS_H
#define CFK_KERNELS_H

#include <stdint.h>

// The arithmetic of the inference engine: float32 kernels chosen at run time by instruction-set level.
//
// Layouts
//   blocked  [N][ceil(C/16)][H][W][16] ("NCHW16c"). Lanes of channels >= C ("pad lanes") hold zeros; every kernel
//            expects that of its inputs and writes it to its outputs.
//   planar   [N][C][H][W].
//
// How every kernel is used
//   1. Fill the public fields of its parameter struct (start from all zeros).
//   2. `..._prepare(&parameters, threads)` checks them and fills the fields marked "out". It returns CFK_OK or what was
//      wrong. `threads` says how many workers will share the items; it changes only how the work is cut.
//   3. Kernels with weights: allocate `packed_floats` floats, call `..._pack` for all pack items.
//   4. `..._run(&parameters, &buffers, ..., begin, end, scratch)` computes the work items begin..<end. Items of one
//      phase may run in any order on any thread, each concurrent call with its own `scratch` of `scratch_floats`
//      floats. All items of a phase must be done before the next phase starts.
// No kernel allocates, locks, starts threads or keeps state. Pointers may have any alignment that suits a float;
// 64-byte alignment of maps, weights and scratch is the fast case. Strides are in floats.

#pragma clang assume_nonnull begin

/// Name of the processor architecture this build is for.
const char *cfk_architecture(void);

// MARK: - Levels

/// Instruction-set levels; a higher one is faster where it is available.
typedef enum cfk_level : int32_t {
    /// SSE2 on x86-64, NEON on arm64.
    CFK_LEVEL_PORTABLE = 0,
    /// AVX2 and FMA (x86-64).
    CFK_LEVEL_AVX2 = 1,
    /// AVX-512 F, VL, BW and DQ (x86-64).
    CFK_LEVEL_AVX512 = 2,
    /// AVX-512 with BF16, and the matrix registers of AMX with bfloat16 (x86-64 on Linux): convolutions worth it are
    /// three products of bfloat16 parts instead of one of float32.
    CFK_LEVEL_AMX = 3,
} cfk_level;

/// What a `prepare` function found.
typedef enum cfk_status : int32_t {
    CFK_OK = 0,
    /// A size, stride, dilation or count is zero or negative, or a channel count does not fit the algorithm.
    CFK_BAD_SIZE = 1,
    /// The algorithm cannot do this geometry (Winograd: 3x3, stride 1, dilation 1 only).
    CFK_UNSUPPORTED = 2,
    /// Sizes multiply beyond what an address can hold.
    CFK_TOO_LARGE = 3,
} cfk_status;

// MARK: - Maps

/// A view of a blocked map: block b of picture n starts at data + n * batch_stride + b * block_stride and holds H*W*16
/// floats without gaps. A slice of another map's channels is the same view with data moved by whole blocks. Where a
/// kernel takes planar data, `block_stride` is the distance between channel planes.
typedef struct cfk_map {
    float *_Nullable data;
    int64_t batch_stride;
    int64_t block_stride;
} cfk_map;

// MARK: - Convolution

typedef enum cfk_activation : int32_t {
    CFK_ACTIVATION_NONE = 0,
    CFK_ACTIVATION_RELU = 1,
    /// max(x, 0) + slope * min(x, 0) with one slope per output channel (leaky ReLU: equal slopes).
    CFK_ACTIVATION_PRELU = 2,
    /// min(max(x, low), high).
    CFK_ACTIVATION_CLIP = 3,
} cfk_activation;

typedef enum cfk_residual : int32_t {
    CFK_RESIDUAL_NONE = 0,
    /// activation(x + residual)
    CFK_RESIDUAL_BEFORE_ACTIVATION = 1,
    /// activation(x) + residual
    CFK_RESIDUAL_AFTER_ACTIVATION = 2,
} cfk_residual;

typedef enum cfk_algorithm : int32_t {
    /// groups = 1, any kernel, blocked input.
    CFK_CONV_DIRECT = 0,
    /// groups = 1, 3x3, stride 1, dilation 1, blocked input: Winograd F(4x4,3x3).
    CFK_CONV_WINOGRAD4 = 1,
    /// As above with F(2x2,3x3): less memory and error, fewer multiplications saved.
    CFK_CONV_WINOGRAD2 = 2,
    /// groups = in_channels = out_channels, any kernel, blocked input.
    CFK_CONV_DEPTHWISE = 3,
    /// groups = 1, in_channels <= 4, planar input [N][C][H][W].
    CFK_CONV_PLANAR = 4,
    /// groups = 1, any kernel, blocked input, level CFK_LEVEL_AMX only.
    CFK_CONV_MATRIX = 5,
} cfk_algorithm;

enum { CFK_MAX_PHASES = 2 };

/// A two-dimensional convolution with epilogue y = activation(conv(x) + bias [+ residual]) [+ residual].
/// Output pixel (oy, ox) reads input pixels (oy*stride - pad_top + ky*dilation, ...); padding below and to the right is
/// whatever the output size needs.
typedef struct cfk_conv {
    cfk_algorithm algorithm;
    cfk_activation activation;
    cfk_residual residual;
    /// Bounds of CFK_ACTIVATION_CLIP.
    float low, high;
    int32_t batch;
    int32_t in_channels, in_height, in_width;
    int32_t out_channels, out_height, out_width;
    int32_t kernel_height, kernel_width;
    int32_t stride_height, stride_width;
    int32_t dilation_height, dilation_width;
    int32_t pad_top, pad_left;

    /// Out: floats of the packed weights, and the number of independent pack items. Both depend only on the algorithm,
    /// the channels and the kernel, so that weights packed once (by the same level's table) serve every map size.
    int64_t packed_floats, pack_items;
    /// Out: number of phases (1 or 2) and the work items of each.
    int32_t phases;
    int64_t items[CFK_MAX_PHASES];
    /// Out: scratch per concurrent call, and scratch shared by all calls of one run (0 for most).
    int64_t scratch_floats, shared_floats;
    /// Out: private to the kernels.
    int64_t plan[8];
} cfk_conv;

/// Three planes of floats `(value - mean) * scale` that are made of an interleaved 8-bit RGB picture row by row; plane `i`
/// holds channel `order[i]`, and `padding[i]` right of and below the picture.
typedef struct cfk_pixels {
    /// NULL where there are none.
    const uint8_t *_Nullable data;
    /// Of the picture, at most the planes'.
    int32_t width, height;
    int32_t order[3];
    float mean[3], scale[3], padding[3];
    /// How many of the picture's rows are there, from the top; what reads others waits. NULL where all are.
    const int32_t *_Nullable rows_there;
} cfk_pixels;

typedef struct cfk_conv_buffers {
    /// Blocked [N][C/16][H][W][16], for CFK_CONV_PLANAR planar [N][C][H][W].
    cfk_map input;
    /// What the input is made of when it is not in memory: for the first stage of a chain, CFK_CONV_PLANAR with three
    /// channels of one picture.
    cfk_pixels pixels;
    /// Blocked; must not overlap the input. May be the same as the residual.
    cfk_map output;
    /// Blocked, the shape of the output; read when `residual` asks for it.
    cfk_map residual;
    /// As written by `conv_pack`.
    const float *_Nullable weights;
    /// One value per output channel, ceil(C/16)*16 floats, pad lanes zero; NULL means zeros.
    const float *_Nullable bias;
    /// PReLU slopes, as `bias`.
    const float *_Nullable slopes;
    /// What pixels outside the input hold, per input channel, ceil(C/16)*16 floats, pad lanes zero (for
    /// CFK_CONV_PLANAR C floats); NULL means zeros.
    const float *_Nullable pad_values;
    /// `shared_floats` floats, the same for all calls of a run; NULL when that is 0.
    float *_Nullable shared;
} cfk_conv_buffers;

// MARK: - Pooling

typedef enum cfk_pooling : int32_t {
    /// Padding never wins.
    CFK_POOL_MAX = 0,
    /// Divides by the pixels inside the input.
    CFK_POOL_AVERAGE = 1,
    /// Divides by the pixels inside the input and its declared padding.
    CFK_POOL_AVERAGE_WITH_PADDING = 2,
} cfk_pooling;

/// Blocked pooling. Global average: a kernel of the input's size, no padding, output 1x1.
/// The caller resolves floor and ceiling mode into the output size; a window that lies outside the input altogether
/// gives 0.
typedef struct cfk_pool {
    cfk_pooling mode;
    int32_t batch, channels;
    int32_t in_height, in_width, out_height, out_width;
    int32_t kernel_height, kernel_width, stride_height, stride_width, dilation_height, dilation_width;
    int32_t pad_top, pad_left, pad_bottom, pad_right;
    /// Out.
    int64_t items;
    int64_t plan[4];
} cfk_pool;

// MARK: - Chains

typedef enum cfk_stage_kind : int32_t {
    CFK_STAGE_CONV = 0,
    CFK_STAGE_POOL = 1,
} cfk_stage_kind;

enum { CFK_MOST_STAGES = 12 };

/// A layer that works row by row: a pointwise convolution (CFK_CONV_DIRECT, 1x1, stride 1, no padding), a depthwise one
/// that is not dilated downwards, one of Winograd's, a first one of wide planar rows, or pooling, which behind another stage
/// is not dilated downwards. Only the last stage may add a residual, and none takes `pad_values`.
typedef struct cfk_stage {
    cfk_stage_kind kind;
    /// By kind; as for conv_prepare and pool_prepare, which chain_prepare calls.
    cfk_conv conv;
    cfk_pool pool;
    /// Out: places in the scratch, and how many rows the ring has.
    int64_t ring, scratch, ring_rows;
} cfk_stage;

/// Stages that each read what the one before writes, as one: the maps between them are never written to memory.
/// The input is that of the first stage's buffers, output and residual those of the last one's; weights are packed by
/// `conv_pack` for each. What a chain cannot do is
/// CFK_UNSUPPORTED, and so is one whose runs would mostly do the same rows for as many threads.
typedef struct cfk_chain {
    /// 1 to CFK_MOST_STAGES.
    int32_t count;
    /// Out.
    int64_t items, scratch_floats, runs;
} cfk_chain;

// MARK: - Fully connected

/// y[n][m] = activation(sum over k of W[m][k] x[n][k] + bias[m]); y is planar.
/// The input is either planar rows (in_height = in_width = 1, blocked_input = 0, in_channels = K) or a blocked map,
/// whose features count as k = (c * in_height + y) * in_width + x.
typedef struct cfk_dense {
    cfk_activation activation;
    float low, high;
    int32_t batch;
    int32_t blocked_input;
    int32_t in_channels, in_height, in_width;
    int32_t out_features;
    /// W[m][k] is found at weights[m * weight_row_stride + k * weight_column_stride] when packing.
    int64_t weight_row_stride, weight_column_stride;
    /// Out: as in cfk_conv; independent of `batch`.
    int64_t packed_floats, pack_items;
    int64_t items, scratch_floats;
    int64_t plan[4];
} cfk_dense;

typedef struct cfk_dense_buffers {
    /// Blocked map, or planar rows with `batch_stride` between them.
    cfk_map input;
    float *_Nullable output;
    int64_t output_stride;
    const float *_Nullable weights;
    /// ceil(M/16)*16 floats each; NULL means zeros.
    const float *_Nullable bias;
    const float *_Nullable slopes;
} cfk_dense_buffers;

// MARK: - Element-wise

typedef enum cfk_operation : int32_t {
    // One operand.
    CFK_COPY = 0,
    CFK_RELU = 1,
    /// min(max(a, low), high)
    CFK_CLIP = 2,
    CFK_SIGMOID = 3,
    CFK_TANH = 4,
    CFK_EXP = 5,
    CFK_ERF = 6,
    /// a/2 * (1 + erf(a / sqrt 2))
    CFK_GELU = 7,
    /// a * min(max(a/6 + 1/2, 0), 1)
    CFK_HARD_SWISH = 8,
    /// min(max(low * a + high, 0), 1): low is alpha, high is beta.
    CFK_HARD_SIGMOID = 9,
    /// a * sigmoid(a)
    CFK_SILU = 10,
    CFK_SQRT = 11,
    CFK_ABS = 12,
    CFK_NEGATE = 13,
    // Two operands.
    CFK_ADD = 32,
    CFK_SUBTRACT = 33,
    CFK_MULTIPLY = 34,
    CFK_DIVIDE = 35,
    CFK_MAXIMUM = 36,
    CFK_MINIMUM = 37,
    /// max(a, 0) + b * min(a, 0): b holds the slopes.
    CFK_PRELU = 38,
} cfk_operation;

/// Where the second operand comes from.
typedef enum cfk_broadcast : int32_t {
    /// One value for each of the first operand's.
    CFK_BROADCAST_NONE = 0,
    /// One value: b.data[0].
    CFK_BROADCAST_SCALAR = 1,
    /// A vector of ceil(C/16)*16 floats at b.data (blocked layout only).
    CFK_BROADCAST_CHANNEL = 2,
    /// A blocked map of 1x1 pixels, one value per picture and channel (blocked layout only).
    CFK_BROADCAST_PICTURE = 3,
} cfk_broadcast;

/// output = operation(a, b). In blocked layout the shape is batch, channels, pixels (= H*W). In flat layout
/// (flat = 1) the operands are plain arrays of `pixels` floats; batch and channels must be 1.
typedef struct cfk_elementwise {
    cfk_operation operation;
    cfk_broadcast broadcast;
    /// Swap the operands of the operation: b op a.
    int32_t reversed;
    int32_t flat;
    float low, high;
    int32_t batch, channels;
    int64_t pixels;
    /// Out.
    int64_t items;
    int64_t plan[2];
} cfk_elementwise;

// MARK: - Moving data

typedef enum cfk_reordering : int32_t {
    /// [N][C][H][W] to blocked.
    CFK_PLANAR_TO_BLOCKED = 0,
    /// Blocked to [N][C][H][W].
    CFK_BLOCKED_TO_PLANAR = 1,
    /// Blocked to [N][H][W][C]; the output's batch_stride separates pictures, its block_stride pixels (C when packed).
    CFK_BLOCKED_TO_INTERLEAVED = 2,
} cfk_reordering;

/// Changes layout. For the planar side of a map `block_stride` is the distance between channel planes.
typedef struct cfk_reorder {
    cfk_reordering direction;
    int32_t batch, channels;
    /// The first of the channels to take from a blocked input.
    int32_t first_channel;
    int64_t pixels;
    /// Out.
    int64_t items;
    int64_t plan[2];
} cfk_reorder;

/// Copies channels between blocked maps at offsets that need not be multiples of 16: output channel
/// (out_channel + i) = input channel (in_channel + i * in_step) for i in 0..<channels. Writes the other lanes of the
/// output's blocks as zeros only from channel `out_channel + channels` to the end of its block, so filling a map in
/// ascending order leaves it complete. Items must not be run concurrently with those of another copy into the same map.
typedef struct cfk_channel_copy {
    int32_t batch, channels;
    int32_t in_channel, in_step, out_channel;
    int64_t pixels;
    /// Out.
    int64_t items;
    int64_t plan[2];
} cfk_channel_copy;

/// Nearest-neighbour enlargement by whole factors, output[y][x] = input[y / factor_height][x / factor_width], plus an
/// optional addend of the output's shape.
typedef struct cfk_upsample {
    int32_t batch, channels;
    int32_t in_height, in_width;
    int32_t factor_height, factor_width;
    /// Out.
    int64_t items;
} cfk_upsample;

/// Rows and columns as weighted sums of the input's: interpolation, and padding by the map's own elements.
///
/// `row_taps` and `column_taps` are how many input rows make an output row, and columns a column. The tables hold that
/// many pairs for each output row or column: the input's index, a whole number, and its weight.
typedef struct cfk_resample {
    int32_t batch, channels;
    int32_t in_height, in_width, out_height, out_width;
    int32_t row_taps, column_taps;
    /// Out.
    int64_t items, scratch_floats;
} cfk_resample;

// MARK: - Matrix product

/// C[m][n] = alpha * sum over k of A'[m][k] B'[k][n] + bias[n], row-major; A' is A or, with transpose_a, the transpose
/// of A (then stored [k][m]), and likewise B'. `lda`, `ldb`, `ldc` are row strides of the stored matrices.
/// With OpenBLAS compiled in it does the work, unless `own_kernel` is set.
typedef struct cfk_gemm {
    int32_t m, n, k;
    int32_t transpose_a, transpose_b;
    int64_t lda, ldb, ldc;
    float alpha;
    int32_t own_kernel;
    /// Out.
    int64_t items, scratch_floats;
    int64_t plan[4];
} cfk_gemm;

typedef struct cfk_gemm_buffers {
    const float *_Nullable a;
    const float *_Nullable b;
    float *_Nullable c;
    /// n floats, or NULL for zeros.
    const float *_Nullable bias;
} cfk_gemm_buffers;

// MARK: - Along an axis

typedef enum cfk_rows_operation : int32_t {
    /// e^(x - max) / sum of the same.
    CFK_ROWS_SOFTMAX = 0,
    /// (x - mean) / sqrt(variance + epsilon) * scale[i] + shift[i], i counting along the axis.
    CFK_ROWS_NORMALIZE = 1,
    // These leave one value per line.
    CFK_ROWS_SUM = 32,
    CFK_ROWS_MEAN = 33,
    /// Square root of the sum of squares.
    CFK_ROWS_L2 = 34,
} cfk_rows_operation;

/// An operation along the middle axis of a planar array [outer][extent][inner]. The output has the same shape, or
/// [outer][inner] for the operations that leave one value. Output and input may be the same array.
typedef struct cfk_rows {
    cfk_rows_operation operation;
    float epsilon;
    int64_t outer, extent, inner;
    /// Out.
    int64_t items;
    int64_t plan[2];
} cfk_rows;

/// CFK_ROWS_NORMALIZE over the channels of each pixel of a blocked map. Scale and shift hold ceil(C/16)*16 floats, pad
/// lanes zero.
typedef struct cfk_normalize {
    int32_t batch, channels;
    float epsilon;
    int64_t pixels;
    /// Out.
    int64_t items;
    int64_t plan[1];
} cfk_normalize;

// MARK: - The table

/// All kernels of one level.
typedef struct cfk_kernel_table {
    cfk_level level;
    const char *name;

    cfk_status (*conv_prepare)(cfk_conv *conv, int32_t threads);
    /// `weights`: [out][in][kh][kw]; depthwise: [channels][1][kh][kw].
    void (*conv_pack)(const cfk_conv *conv, const float *weights, float *packed, int64_t begin, int64_t end);
    void (*conv_run)(const cfk_conv *conv, const cfk_conv_buffers *buffers, int32_t phase, int64_t begin, int64_t end,
                     float *_Nullable scratch);

    /// The first buffers' output and the second's input are not used; the second has no pad values.
    cfk_status (*chain_prepare)(cfk_chain *chain, cfk_stage *stages, int32_t threads);
    /// `follows` says that what the scratch was used for last is the item before `begin` of the same run, so that the rows
    /// that both need are made once.
    void (*chain_run)(const cfk_chain *chain, const cfk_stage *stages, const cfk_conv_buffers *buffers, int64_t begin,
                      int64_t end, int32_t follows, float *scratch);

    cfk_status (*dense_prepare)(cfk_dense *dense, int32_t threads);
    void (*dense_pack)(const cfk_dense *dense, const float *weights, float *packed, int64_t begin, int64_t end);
    void (*dense_run)(const cfk_dense *dense, const cfk_dense_buffers *buffers, int64_t begin, int64_t end,
                      float *_Nullable scratch);

    cfk_status (*pool_prepare)(cfk_pool *pool, int32_t threads);
    void (*pool_run)(const cfk_pool *pool, const cfk_map *input, const cfk_map *output, int64_t begin, int64_t end);

    /// `b` is NULL for operations with one operand. The output may be the same map as `a` or (unbroadcast) `b`.
    cfk_status (*elementwise_prepare)(cfk_elementwise *elementwise, int32_t threads);
    void (*elementwise_run)(const cfk_elementwise *elementwise, const cfk_map *a, const cfk_map *_Nullable b,
                            const cfk_map *output, int64_t begin, int64_t end);

    cfk_status (*reorder_prepare)(cfk_reorder *reorder, int32_t threads);
    void (*reorder_run)(const cfk_reorder *reorder, const cfk_map *input, const cfk_map *output, int64_t begin,
                        int64_t end);

    cfk_status (*channel_copy_prepare)(cfk_channel_copy *copy, int32_t threads);
    void (*channel_copy_run)(const cfk_channel_copy *copy, const cfk_map *input, const cfk_map *output, int64_t begin,
                             int64_t end);

    cfk_status (*upsample_prepare)(cfk_upsample *upsample, int32_t threads);
    void (*upsample_run)(const cfk_upsample *upsample, const cfk_map *input, const cfk_map *_Nullable addend,
                         const cfk_map *output, int64_t begin, int64_t end);

    cfk_status (*resample_prepare)(cfk_resample *resample, int32_t threads);
    void (*resample_run)(const cfk_resample *resample, const cfk_map *input, const float *rows, const float *columns,
                         const cfk_map *output, int64_t begin, int64_t end, float *scratch);

    cfk_status (*gemm_prepare)(cfk_gemm *gemm, int32_t threads);
    void (*gemm_run)(const cfk_gemm *gemm, const cfk_gemm_buffers *buffers, int64_t begin, int64_t end,
                     float *_Nullable scratch);

    /// `scale` and `shift` are read by CFK_ROWS_NORMALIZE only.
    cfk_status (*rows_prepare)(cfk_rows *rows, int32_t threads);
    void (*rows_run)(const cfk_rows *rows, const float *input, const float *_Nullable scale,
                     const float *_Nullable shift, float *output, int64_t begin, int64_t end);

    cfk_status (*normalize_prepare)(cfk_normalize *normalize, int32_t threads);
    void (*normalize_run)(const cfk_normalize *normalize, const cfk_map *input, const float *scale, const float *shift,
                          const cfk_map *output, int64_t begin, int64_t end);
} cfk_kernel_table;

/// The best level this processor can run.
cfk_level cfk_best_level(void);

/// The kernels of a level, or NULL when this build or processor has none. CFK_LEVEL_PORTABLE is always there.
const cfk_kernel_table *_Nullable cfk_kernels(cfk_level level);

/// "portable", "avx2", "avx512", "amx"; "unknown" for anything else.
const char *cfk_level_name(cfk_level level);

/// The convolution algorithm to prefer at a level for groups = 1 and blocked input: direct, the matrix registers where
/// the level has them, or for 3x3 stride-1 convolutions with at least 8 input and 12 output channels (maps under 4x4
/// pixels excepted) Winograd F(4x4,3x3) or F(2x2,3x3); whichever should take least time.
cfk_algorithm cfk_preferred_algorithm(const cfk_conv *conv, cfk_level level);

/// Writes ceil(count/16)*16 floats: `values`, then zeros. For bias, slopes and pad values.
void cfk_pack_vector(const float *values, int32_t count, float *packed);

// MARK: - The thread's floating-point mode

/// Makes this thread treat denormal numbers as zero and returns its previous control word.
uint64_t cfk_flush_denormals(void);

/// Puts back what `cfk_flush_denormals` returned.
void cfk_restore_denormals(uint64_t control);

// MARK: - OpenBLAS

/// 1 when matrix products go through OpenBLAS.
int32_t cfk_has_blas(void);

/// Keeps OpenBLAS (when compiled in) on the calling thread for the whole process. Call once before the first product;
/// every FaceKit product assumes it.
void cfk_blas_single_threaded(void);

#pragma clang assume_nonnull end

#endif
