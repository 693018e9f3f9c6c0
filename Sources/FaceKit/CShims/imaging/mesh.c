// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

#include <math.h>

#include "cfk_fusion.h"

static int32_t clamped(int32_t value, int32_t last) {
    return value < 0 ? 0 : value > last ? last : value;
}

static double smaller(double a, double b) { return a < b ? a : b; }
static double larger(double a, double b) { return a > b ? a : b; }

static void sample(
    const uint8_t *source, int32_t width, int32_t height, double x, double y, uint8_t *output) {
    x = smaller(larger(x, 0), width - 1);
    y = smaller(larger(y, 0), height - 1);
    const int32_t left = (int32_t)x, top = (int32_t)y;
    const int32_t right = clamped(left + 1, width - 1), bottom = clamped(top + 1, height - 1);
    const float fx = (float)(x - left), fy = (float)(y - top);
    const uint8_t *a = source + 3 * ((size_t)top * (size_t)width + (size_t)left);
    const uint8_t *b = source + 3 * ((size_t)top * (size_t)width + (size_t)right);
    const uint8_t *c = source + 3 * ((size_t)bottom * (size_t)width + (size_t)left);
    const uint8_t *d = source + 3 * ((size_t)bottom * (size_t)width + (size_t)right);
    for (int i = 0; i < 3; i++) {
        const float upper = a[i] + (float)(b[i] - a[i]) * fx, lower = c[i] + (float)(d[i] - c[i]) * fx;
        output[i] = (uint8_t)(upper + (lower - upper) * fy + 0.5f);
    }
}

// Narrows [*from, *to] to where a + b x >= -slack.
static void narrow(double a, double b, double slack, double *from, double *to) {
    if (fabs(b) < 1e-12) {
        if (a < -slack) *to = *from - 1;
    } else if (b > 0) {
        *from = larger(*from, (-slack - a) / b);
    } else {
        *to = smaller(*to, (-slack - a) / b);
    }
}

void cfk_warp_triangles(
    const uint8_t *source, int32_t width, int32_t height, const cfk_triangle *triangles, size_t count,
    int32_t output_width, int32_t output_height, uint8_t *output, uint8_t *covered) {
    for (size_t t = 0; t < count; t++) {
        const double *p = triangles[t].corners, *m = triangles[t].map;
        const double area = (p[2] - p[0]) * (p[5] - p[1]) - (p[4] - p[0]) * (p[3] - p[1]);
        if (!(fabs(area) > 1e-9)) continue;
        const double sign = area > 0 ? 1 : -1;
        const double top = smaller(p[1], smaller(p[3], p[5])), bottom = larger(p[1], larger(p[3], p[5]));
        const double first_row = larger(0, ceil(top - 1e-6)), last_row = smaller(output_height - 1, floor(bottom + 1e-6));
        for (int32_t y = (int32_t)first_row; y <= last_row; y++) {
            double from = larger(0, ceil(smaller(p[0], smaller(p[2], p[4])) - 1e-6));
            double to = smaller(output_width - 1, floor(larger(p[0], larger(p[2], p[4])) + 1e-6));
            for (int e = 0; e < 3; e++) {
                const int k = (e + 1) % 3;
                const double x0 = p[2 * e], y0 = p[2 * e + 1], dx = p[2 * k] - x0, dy = p[2 * k + 1] - y0;
                // The signed distance from the edge, times its length, positive inside.
                narrow(sign * (dx * (y - y0) + dy * x0), -sign * dy, 1e-6 * (fabs(dx) + fabs(dy)), &from, &to);
            }
            const int32_t last = (int32_t)floor(to);
            for (int32_t x = (int32_t)ceil(from); x <= last; x++) {
                const size_t place = (size_t)y * (size_t)output_width + (size_t)x;
                sample(
                    source, width, height, m[0] * x + m[1] * y + m[2], m[3] * x + m[4] * y + m[5], output + 3 * place);
                covered[place] = 1;
            }
        }
    }
}
