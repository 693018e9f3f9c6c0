// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

#ifndef CFK_VERSIONS_H
#define CFK_VERSIONS_H

// Versions of the libraries beneath, as static strings.

#ifdef __cplusplus
extern "C" {
#endif

/// The libjpeg this was compiled with, such as "libjpeg-turbo 2.1.5".
const char *_Nonnull cfk_jpeg_version(void);

/// The libpng that is loaded, such as "1.6.39".
const char *_Nonnull cfk_png_version(void);

/// The giflib this was compiled with, such as "5.2.1", or NULL where it is left out.
const char *_Nullable cfk_gif_version(void);

/// The libtiff that is loaded, as "LIBTIFF, Version 4.5.0" and further lines, or NULL where it is left out.
const char *_Nullable cfk_tiff_version(void);

/// The libwebp that is loaded, as `major << 16 | minor << 8 | revision`, or 0 where it is left out.
int cfk_webp_version(void);

/// The OpenBLAS that is loaded with its build, or NULL where it is left out.
const char *_Nullable cfk_blas_version(void);

#ifdef __cplusplus
}
#endif

#endif
