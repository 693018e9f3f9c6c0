// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

#ifndef CFACEKIT_H
#define CFACEKIT_H

#include "cfk_codecs.h"
#include "cfk_fusion.h"
#include "cfk_imaging.h"
#include "cfk_inflate.h"
#include "cfk_kernels.h"
#include "cfk_memory.h"
#include "cfk_search.h"
#include "cfk_threads.h"
#include "cfk_versions.h"

#endif
