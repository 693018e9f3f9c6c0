// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

#ifndef CFK_KERNELS_H
#define CFK_KERNELS_H

// Convolution kernels in NCHW16c layout with run-time dispatch.

/// Name of the processor architecture this build is for.
const char *_Nonnull cfk_architecture(void);

#endif
