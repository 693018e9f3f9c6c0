// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cfk_fusion.h"
#include "levels.h"

// Poisson's equation with zero at the edges: a sine transform along the rows makes every frequency a tridiagonal system
// down the columns; one more transform brings the solution back. Rows are transformed sixteen at a time: eight lanes of
// a vector, and in each a second row as the imaginary part.

#pragma STDC FP_CONTRACT OFF

enum { lanes_per_vector = 8, rows_per_batch = 16, largest_stage_count = 32 };
typedef float lanes __attribute__((vector_size(4 * lanes_per_vector)));
typedef struct complex_lanes {
    lanes re, im;
} complex_lanes;

int32_t cfk_smooth_extent(int32_t minimum) {
    for (int32_t extent = minimum < 1 ? 1 : minimum;; extent++) {
        int32_t rest = extent;
        for (int32_t factor = 2; factor <= 5; factor += factor == 2 ? 1 : 2) {
            while (rest % factor == 0) rest /= factor;
        }
        if (rest == 1) return extent;
    }
}

// One pass of an autosorting (Stockham) transform: `radix` parts of the input, `span` times what was done before.
typedef struct stage {
    int32_t radix;
    int32_t span;
    // cos and sin of -2π j k / (span * radix) for j < span, k < radix, side by side.
    float *twiddles;
} stage;

typedef struct transform {
    int32_t length;
    int32_t stage_count;
    stage stages[largest_stage_count];
    // sin(π j / length).
    float *sines;
    complex_lanes *work;
    complex_lanes *spare;
} transform;

static void release(transform *plan) {
    for (int32_t i = 0; i < plan->stage_count; i++) free(plan->stages[i].twiddles);
    free(plan->sines);
    free(plan->work);
    free(plan->spare);
}

static int prepare(transform *plan, int32_t length) {
    memset(plan, 0, sizeof *plan);
    plan->length = length;
    const double pi = 3.14159265358979323846;
    int32_t rest = length, span = 1;
    while (rest > 1) {
        const int32_t radix = rest % 4 == 0 ? 4 : rest % 2 == 0 ? 2 : rest % 3 == 0 ? 3 : 5;
        if (rest % radix != 0 || plan->stage_count == largest_stage_count) return -1;
        stage *s = &plan->stages[plan->stage_count++];
        s->radix = radix;
        s->span = span;
        s->twiddles = malloc(sizeof(float) * 2 * (size_t)radix * (size_t)span);
        if (!s->twiddles) return -1;
        for (int32_t j = 0; j < span; j++) {
            for (int32_t k = 0; k < radix; k++) {
                const double angle = -2 * pi * j * k / ((double)span * radix);
                s->twiddles[2 * (j * radix + k)] = (float)cos(angle);
                s->twiddles[2 * (j * radix + k) + 1] = (float)sin(angle);
            }
        }
        span *= radix;
        rest /= radix;
    }
    const size_t bytes = sizeof(complex_lanes) * (size_t)length;
    plan->sines = malloc(sizeof(float) * (size_t)length);
    plan->work = aligned_alloc(64, (bytes + 63) / 64 * 64);
    plan->spare = aligned_alloc(64, (bytes + 63) / 64 * 64);
    if (!plan->sines || !plan->work || !plan->spare) return -1;
    for (int32_t j = 0; j < length; j++) plan->sines[j] = (float)sin(pi * j / length);
    return 0;
}

always_inline complex_lanes add(complex_lanes a, complex_lanes b) {
    return (complex_lanes){a.re + b.re, a.im + b.im};
}

always_inline complex_lanes subtract(complex_lanes a, complex_lanes b) {
    return (complex_lanes){a.re - b.re, a.im - b.im};
}

always_inline complex_lanes scaled(complex_lanes a, float factor) {
    return (complex_lanes){a.re * factor, a.im * factor};
}

// a times (re + i im).
always_inline complex_lanes turned(complex_lanes a, float re, float im) {
    return (complex_lanes){a.re * re - a.im * im, a.re * im + a.im * re};
}

// a times -i.
always_inline complex_lanes quarter(complex_lanes a) {
    return (complex_lanes){a.im, -a.re};
}

// Transforms plan->work; the result is in the returned one of the two buffers.
//
// Element j of block b of the input of a stage is at b + (length / (span * ...)): in Stockham's order the input index is
// (k * blocks + b) * span + j and the output index (b * radix + q) * span + j, with blocks = length / (span * radix).
always_inline complex_lanes *fourier(transform *plan) {
    complex_lanes *from = plan->work, *to = plan->spare;
    for (int32_t index = 0; index < plan->stage_count; index++) {
        const stage *s = &plan->stages[index];
        const int32_t radix = s->radix, span = s->span, blocks = plan->length / (span * radix);
        const size_t step = (size_t)blocks * (size_t)span;
        for (int32_t b = 0; b < blocks; b++) {
            for (int32_t j = 0; j < span; j++) {
                const complex_lanes *in = from + (size_t)b * (size_t)span + (size_t)j;
                complex_lanes *out = to + (size_t)b * (size_t)radix * (size_t)span + (size_t)j;
                const float *w = s->twiddles + 2 * (size_t)j * (size_t)radix;
                const complex_lanes x0 = in[0];
                const complex_lanes x1 = turned(in[step], w[2], w[3]);
                if (radix == 2) {
                    out[0] = add(x0, x1);
                    out[span] = subtract(x0, x1);
                    continue;
                }
                const complex_lanes x2 = turned(in[2 * step], w[4], w[5]);
                if (radix == 3) {
                    const complex_lanes sum = add(x1, x2), middle = subtract(x0, scaled(sum, 0.5f));
                    const complex_lanes side = quarter(scaled(subtract(x1, x2), 0.866025403784438647f));
                    out[0] = add(x0, sum);
                    out[span] = add(middle, side);
                    out[2 * span] = subtract(middle, side);
                    continue;
                }
                const complex_lanes x3 = turned(in[3 * step], w[6], w[7]);
                if (radix == 4) {
                    const complex_lanes even = add(x0, x2), odd = subtract(x0, x2);
                    const complex_lanes sum = add(x1, x3), side = quarter(subtract(x1, x3));
                    out[0] = add(even, sum);
                    out[span] = add(odd, side);
                    out[2 * span] = subtract(even, sum);
                    out[3 * span] = subtract(odd, side);
                    continue;
                }
                const complex_lanes x4 = turned(in[4 * step], w[8], w[9]);
                const complex_lanes s14 = add(x1, x4), s23 = add(x2, x3), d14 = subtract(x1, x4), d23 = subtract(x2, x3);
                const float c1 = 0.309016994374947424f, c2 = -0.809016994374947424f;
                const float n1 = 0.951056516295153572f, n2 = 0.587785252292473129f;
                const complex_lanes a1 = add(x0, add(scaled(s14, c1), scaled(s23, c2)));
                const complex_lanes a2 = add(x0, add(scaled(s14, c2), scaled(s23, c1)));
                const complex_lanes b1 = quarter(add(scaled(d14, n1), scaled(d23, n2)));
                const complex_lanes b2 = quarter(subtract(scaled(d14, n2), scaled(d23, n1)));
                out[0] = add(x0, add(s14, s23));
                out[span] = add(a1, b1);
                out[2 * span] = add(a2, b2);
                out[3 * span] = subtract(a2, b2);
                out[4 * span] = subtract(a1, b1);
            }
        }
        complex_lanes *other = from;
        from = to;
        to = other;
    }
    return from;
}

// Replaces `count` (at most 16) rows of `width` = length - 1 values by their sine transforms
// S(k) = sum over j of f(j) sin(π j k / length), j and k from 1, times `factor`.
//
// The sines are folded into a sequence whose Fourier transform gives the even ones directly and the odd ones as running
// sums, as in J. Cooley, P. Lewis, P. Welch, "The fast Fourier transform algorithm: programming considerations in the
// calculation of sine, cosine and Laplace transforms", 1970.
always_inline void sine_rows(transform *plan, float *rows, int32_t count, float factor) {
    const int32_t length = plan->length, width = length - 1;
    float (*work)[2][lanes_per_vector] = (void *)plan->work;
    memset(plan->work, 0, sizeof *plan->work * (size_t)length);
    for (int32_t r = 0; r < count; r++) {
        const float *row = rows + (size_t)r * (size_t)width;
        const int32_t part = r / lanes_per_vector, lane = r % lanes_per_vector;
        for (int32_t j = 1; j < length; j++) work[j][part][lane] = row[j - 1];
    }
    // In pairs, for each needs the other.
    for (int32_t j = 1; 2 * j <= length; j++) {
        const complex_lanes one = plan->work[j], other = plan->work[length - j];
        const complex_lanes sum = scaled(add(one, other), plan->sines[j]), half = scaled(subtract(one, other), 0.5f);
        plan->work[j] = add(sum, half);
        plan->work[length - j] = subtract(sum, half);
    }
    const complex_lanes *found = fourier(plan);
    // Two real sequences came as one complex one: their transforms are the parts with the symmetry of real sequences.
    complex_lanes *out = found == plan->work ? plan->spare : plan->work;
    complex_lanes odd = scaled(found[0], 0.5f * factor);
    out[1] = odd;
    for (int32_t k = 1; 2 * k < length; k++) {
        const complex_lanes a = found[k], b = found[length - k];
        const lanes cosines_one = (a.re + b.re) * 0.5f, cosines_other = (a.im + b.im) * 0.5f;
        const lanes sines_one = (b.im - a.im) * 0.5f, sines_other = (a.re - b.re) * 0.5f;
        out[2 * k] = (complex_lanes){sines_one * factor, sines_other * factor};
        odd = add(odd, (complex_lanes){cosines_one * factor, cosines_other * factor});
        if (2 * k + 1 < length) out[2 * k + 1] = odd;
    }
    const float (*results)[2][lanes_per_vector] = (const void *)out;
    for (int32_t r = 0; r < count; r++) {
        float *row = rows + (size_t)r * (size_t)width;
        const int32_t part = r / lanes_per_vector, lane = r % lanes_per_vector;
        for (int32_t k = 1; k < length; k++) row[k - 1] = results[k][part][lane];
    }
}

always_inline void sine_transform(transform *plan, float *values, int32_t height, float factor) {
    for (int32_t y = 0; y < height; y += rows_per_batch) {
        const int32_t left = height - y;
        sine_rows(
            plan, values + (size_t)y * (size_t)(plan->length - 1), left < rows_per_batch ? left : rows_per_batch, factor);
    }
}

// Solves u(y-1) + d(k) u(y) + u(y+1) = f(y) for every column k, by elimination from the top and substitution from the
// bottom. The factors are kept in doubles: for low frequencies they are all but singular.
always_inline void solve_columns(
    float *values, int32_t width, int32_t height, const double *diagonal, double *factors, double *running) {
    for (int32_t k = 0; k < width; k++) running[k] = 0;
    for (int32_t y = 0; y < height; y++) {
        float *row = values + (size_t)y * (size_t)width;
        double *now = factors + (size_t)y * (size_t)width;
        const double *before = y > 0 ? now - width : NULL;
        for (int32_t k = 0; k < width; k++) {
            const double factor = 1 / (diagonal[k] - (before ? before[k] : 0));
            now[k] = factor;
            running[k] = (row[k] - running[k]) * factor;
            row[k] = (float)running[k];
        }
    }
    for (int32_t y = height - 2; y >= 0; y--) {
        float *row = values + (size_t)y * (size_t)width;
        const double *now = factors + (size_t)y * (size_t)width;
        for (int32_t k = 0; k < width; k++) {
            running[k] = row[k] - now[k] * running[k];
            row[k] = (float)running[k];
        }
    }
}

always_inline void solve(
    transform *plan, float *values, int32_t width, int32_t height, const double *diagonal, double *factors,
    double *running) {
    sine_transform(plan, values, height, 1);
    solve_columns(values, width, height, diagonal, factors, running);
    sine_transform(plan, values, height, 2.0f / (float)plan->length);
}

levels(
    solve_level, solve,
    (transform *plan, float *values, int32_t width, int32_t height, const double *diagonal, double *factors,
     double *running),
    (plan, values, width, height, diagonal, factors, running))

int32_t cfk_poisson_solve(float *values, int32_t width, int32_t height) {
    transform plan;
    const size_t area = (size_t)width * (size_t)height;
    double *diagonal = malloc(sizeof(double) * (size_t)width), *running = malloc(sizeof(double) * (size_t)width);
    double *factors = malloc(sizeof(double) * area);
    int32_t status = prepare(&plan, width + 1);
    if (!diagonal || !running || !factors) status = -1;
    if (status == 0) {
        for (int32_t k = 0; k < width; k++) {
            diagonal[k] = 2 * cos(3.14159265358979323846 * (k + 1) / (width + 1)) - 4;
        }
        solve_level(&plan, values, width, height, diagonal, factors, running);
    }
    release(&plan);
    free(diagonal);
    free(running);
    free(factors);
    return status;
}
