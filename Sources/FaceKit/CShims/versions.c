// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

#include "cfk_versions.h"

#include <stddef.h>
#include <stdio.h>

#include <jpeglib.h>
#include <png.h>

#ifdef CFK_MORE_PICTURES
#include <gif_lib.h>
#include <tiffio.h>
#include <webp/decode.h>
#endif

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

const char *cfk_gif_version(void) {
#ifdef CFK_MORE_PICTURES
    return CFK_QUOTE_VALUE(GIFLIB_MAJOR) "." CFK_QUOTE_VALUE(GIFLIB_MINOR) "." CFK_QUOTE_VALUE(GIFLIB_RELEASE);
#else
    return NULL;
#endif
}

const char *cfk_tiff_version(void) {
#ifdef CFK_MORE_PICTURES
    return TIFFGetVersion();
#else
    return NULL;
#endif
}

int cfk_webp_version(void) {
#ifdef CFK_MORE_PICTURES
    return WebPGetDecoderVersion();
#else
    return 0;
#endif
}

const char *cfk_blas_version(void) {
#ifdef CFK_OPENBLAS
    return openblas_get_config();
#else
    return NULL;
#endif
}
