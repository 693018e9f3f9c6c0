#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Part of FaceKit.
#
# Compares the C kernels, compiled for arm64, with plain loops under emulation: what a machine without NEON can say of
# them. One line says so where the cross compiler's libraries or the emulator are missing. The argument is the number
# of random geometries per kernel.

. "$(dirname "$0")/environment.sh"

geometries=${1:-100}
clang=$(dirname "$(readlink -f "$(command -v swift)")")/clang
emulator=$(command -v qemu-aarch64-static || command -v qemu-aarch64 || true)

if [ "$(uname -m)" = aarch64 ]; then
    say "left out: this machine is arm64, the tests run the kernels as they are"
    exit 0
fi
if [ -z "$emulator" ] || [ ! -e /usr/aarch64-linux-gnu/include/stdio.h ] || ! command -v aarch64-linux-gnu-gcc >/dev/null; then
    say "left out: needs the packages gcc-aarch64-linux-gnu, libc6-dev-arm64-cross and qemu-user-static"
    exit 0
fi
[ -x "$clang" ] || clang=$(command -v clang) || fail "there is no clang beside swift"

check=.build/kernels-arm64
"$clang" --target=aarch64-linux-gnu -O2 -fuse-ld=lld -static -ISources/FaceKit/CShims/include \
    Benchmarks/kernels/check.c Sources/FaceKit/CShims/kernels/*.c -lm -o "$check"
"$emulator" "$check" "$geometries" >"$logs/arm64.log" \
    || fail "the arm64 kernels differ from plain loops: $(tail -n 5 "$logs/arm64.log")"
say "$(grep -c geometries "$logs/arm64.log") kernels agree with plain loops on $geometries random geometries each"
