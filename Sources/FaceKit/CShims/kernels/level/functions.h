// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

// Elementary functions on vectors, accurate to a few units in the last place of a float. Casts between vector types
// keep the bits.

/// e^x. Argument reduction by ln 2 in two parts, then the series in Horner form; x beyond the range of a float gives 0
/// or infinity.
CFK_INLINE cfk_v16 cfk_exp(cfk_v16 x) {
    cfk_v16 bounded = (x > 89.0f) ? (cfk_v16)89.0f : x;
    bounded = (bounded < -104.0f) ? (cfk_v16)-104.0f : bounded;
    const cfk_v16 shift = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer
    const cfk_v16 rounded = bounded * 1.44269504f + shift;
    const cfk_v16 n = rounded - shift;
    cfk_v16 r = bounded - n * 0.693359375f;
    r = r + n * 2.12194440e-4f;
    cfk_v16 p = (cfk_v16)(1.0f / 5040);
    p = p * r + (1.0f / 720);
    p = p * r + (1.0f / 120);
    p = p * r + (1.0f / 24);
    p = p * r + (1.0f / 6);
    p = p * r + 0.5f;
    p = p * (r * r) + r + 1.0f;
    // The integer sits in the low bits of `rounded`. Two factors reach the ends of the exponent's range.
    const cfk_i16 whole = (cfk_i16)rounded - (cfk_i16)shift;
    const cfk_i16 half = whole >> 1;
    const cfk_v16 first = (cfk_v16)((half + 127) << 23);
    const cfk_v16 second = (cfk_v16)((whole - half + 127) << 23);
    return (x == x) ? p * first * second : x;
}

CFK_INLINE cfk_v16 cfk_magnitude(cfk_v16 x) {
    return (cfk_v16)((cfk_i16)x & 0x7fffffff);
}

/// `magnitude` with the sign of `sign`.
CFK_INLINE cfk_v16 cfk_with_sign(cfk_v16 magnitude, cfk_v16 sign) {
    const cfk_i16 bit = (cfk_i16)sign & (int32_t)0x80000000;
    return (cfk_v16)((cfk_i16)magnitude | bit);
}

CFK_INLINE cfk_v16 cfk_sigmoid(cfk_v16 x) { return 1.0f / (1.0f + cfk_exp(-x)); }

CFK_INLINE cfk_v16 cfk_tanh(cfk_v16 x) {
    // Below 0.625 the quotient would cancel; there a minimax polynomial in x^2 (coefficients: Cephes tanhf).
    const cfk_v16 size = cfk_magnitude(x), e = cfk_exp(-2.0f * size), s = x * x;
    cfk_v16 p = (cfk_v16)-5.70498872745e-3f;
    p = p * s + 2.06390887954e-2f;
    p = p * s - 5.37397155531e-2f;
    p = p * s + 1.33314422036e-1f;
    p = p * s - 3.33332819422e-1f;
    const cfk_v16 small = p * s * x + x;
    const cfk_v16 large = cfk_with_sign((1.0f - e) / (1.0f + e), x);
    return (size < 0.625f) ? small : large;
}

CFK_INLINE cfk_v16 cfk_erf(cfk_v16 x) {
    const cfk_v16 size = cfk_magnitude(x), s = x * x;
    // Minimax fits (coefficients: N. Juffa, erff): erf(x) = x + x * P(x^2) below 0.92, 1 - exp(R(x)) above.
    cfk_v16 p = (cfk_v16)-5.96761703e-4f;
    p = p * s + 4.99119423e-3f;
    p = p * s - 2.67681349e-2f;
    p = p * s + 1.12819925e-1f;
    p = p * s - 3.76125336e-1f;
    p = p * s + 1.28379166e-1f;
    const cfk_v16 small = p * x + x;
    const cfk_v16 t = (size > 4.0f) ? (cfk_v16)4.0f : size;
    cfk_v16 r = (cfk_v16)-1.72853470e-5f;
    r = r * t + 3.83197126e-4f;
    r = r * t - 3.88396438e-3f;
    r = r * t + 2.42546219e-2f;
    r = r * t - 1.06777877e-1f;
    r = r * t - 6.34846687e-1f;
    r = r * t - 1.28717512e-1f;
    r = r * t - t;
    const cfk_v16 large = cfk_with_sign(1.0f - cfk_exp(r), x);
    return (size < 0.921875f) ? small : large;
}
