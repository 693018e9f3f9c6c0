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

/// The OpenBLAS that is loaded with its build, or NULL where it is left out.
const char *_Nullable cfk_blas_version(void);

#ifdef __cplusplus
}
#endif

#endif
