// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

#ifndef CFK_CODECS_H
#define CFK_CODECS_H

// JPEG and PNG decoding and encoding.

#endif
