// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

#include "cfk_versions.h"

#include <stddef.h>
#include <stdio.h>

#include <jpeglib.h>
#include <png.h>

#ifdef CFK_OPENBLAS
char *openblas_get_config(void);
#endif

#define CFK_QUOTE(text) #text
#define CFK_QUOTE_VALUE(macro) CFK_QUOTE(macro)

const char *cfk_jpeg_version(void) {
#ifdef LIBJPEG_TURBO_VERSION
    return "libjpeg-turbo " CFK_QUOTE_VALUE(LIBJPEG_TURBO_VERSION);
#else
    return "libjpeg " CFK_QUOTE_VALUE(JPEG_LIB_VERSION);
#endif
}

const char *cfk_png_version(void) { return png_get_libpng_ver(NULL); }

const char *cfk_blas_version(void) {
#ifdef CFK_OPENBLAS
    return openblas_get_config();
#else
    return NULL;
#endif
}
