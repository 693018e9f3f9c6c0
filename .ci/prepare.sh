#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Part of FaceKit.
#
# Makes sure that everything a build needs is there: toolchain, C libraries, packages. Installs system packages with
# apt-get when some are missing and it may; otherwise one line says what is missing. Arguments: more commands that the
# caller needs, before them --with-browser where the pages are to be tested.

. "$(dirname "$0")/environment.sh"

minimum_swift=6.2
with_browser=no
if [ "${1:-}" = --with-browser ]; then
    with_browser=yes
    shift
fi

# The clang of the toolchain, found beside the swift it belongs to, compiles the package's C files.
compiler() {
    local swift_path
    if swift_path=$(command -v swift) && swift_path=$(readlink -f "$swift_path") \
        && [ -x "$(dirname "$swift_path")/clang" ]; then
        echo "$(dirname "$swift_path")/clang"
    else
        command -v clang || command -v cc || true
    fi
}

# links HEADER LIBRARY: can a C program include the one and link the other?
links() {
    local cc
    cc=$(compiler)
    [ -n "$cc" ] || return 1
    printf '#include <stddef.h>\n#include <stdio.h>\n#include <%s>\nint main(void) { return 0; }\n' "$1" \
        | "$cc" -x c - ${2:+-l"$2"} -o "$logs/probe" 2>"$logs/probe.log"
}

# One line per need that is not met: the Debian package and what it is for.
missing() {
    local command package
    if [ -n "$(compiler)" ]; then
        links stdlib.h "" || echo "libc6-dev the C library's headers"
        links stdlib.h stdc++ || echo "g++ the C++ standard library and the linker"
        links jpeglib.h jpeg || echo "libjpeg-dev libjpeg"
        links png.h png || echo "libpng-dev libpng"
        links zlib.h z || echo "zlib1g-dev zlib"
        links sqlite3.h sqlite3 || echo "libsqlite3-dev SQLite"
        if [ ${#traits[@]} -eq 0 ]; then
            links cblas.h openblas || echo "libopenblas-dev OpenBLAS"
            links gif_lib.h gif || echo "libgif-dev giflib"
            links tiffio.h tiff || echo "libtiff-dev libtiff"
            links webp/decode.h webp || echo "libwebp-dev libwebp"
        fi
    fi
    # Swift's own tools are linked with these; the -dev packages have the same names in every Debian release.
    if ! swift build --version >"$logs/swift.log" 2>&1; then
        for package in libcurl4-openssl-dev libxml2-dev libsqlite3-dev libncurses-dev uuid-dev; do
            echo "$package a library that Swift's tools load"
        done
    fi
    [ -e /etc/ssl/certs/ca-certificates.crt ] || echo "ca-certificates the certificates for https"
    if [ $with_browser = yes ]; then
        command -v chromium >/dev/null || command -v google-chrome >/dev/null || echo "chromium a browser"
        command -v chromedriver >/dev/null || echo "chromium-driver what drives the browser"
        python3 -c 'import ensurepip, venv' 2>/dev/null || echo "python3-venv Python with its environments"
    fi
    for command in git "$@"; do
        command -v "$command" >/dev/null || echo "$command the command $command"
    done
}

# Runs a command as the administrator, if that is possible without a question nobody can answer.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
        sudo "$@"
    else
        return 1
    fi
}

names() { cut -d' ' -f1 <<<"$1" | tr '\n' ' ' | sed 's/ $//'; }

if ! command -v swift >/dev/null; then
    fail "swift is not installed: FaceKit needs Swift $minimum_swift or later, see https://www.swift.org/install"
fi
needs=$(missing "$@")
if [ -n "$needs" ]; then
    packages=$(names "$needs")
    hint="install it with: apt-get install $packages"
    case "$needs" in
        *OpenBLAS* | *giflib* | *libtiff* | *libwebp*)
            hint="$hint (or do without OpenBLAS, GIF, TIFF and WebP: make OPENBLAS=no ...)"
            ;;
    esac
    command -v apt-get >/dev/null || fail "missing: $packages, and there is no apt-get; install them by hand"
    say "installing $packages"
    if ! as_root env DEBIAN_FRONTEND=noninteractive sh -c \
        "apt-get update && apt-get install -y --no-install-recommends $packages" >"$logs/apt.log" 2>&1; then
        reason=$(grep -m1 -E '^(E|Err|W):' "$logs/apt.log" || echo "no administrator rights")
        fail "missing: $packages; $hint; apt-get could not do it here: $reason"
    fi
    needs=$(missing "$@")
    [ -z "$needs" ] || fail "still missing after apt-get: $(names "$needs")"
fi

swift_version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' | head -n 1)
if [ "$(printf '%s\n' "$minimum_swift" "${swift_version:-0}" | sort -V | head -n 1)" != "$minimum_swift" ]; then
    fail "Swift ${swift_version:-of unknown version} is too old: FaceKit needs $minimum_swift or later," \
        "see https://www.swift.org/install"
fi

if ! swift package resolve >"$logs/resolve.log" 2>&1; then
    fail "cannot fetch the Swift packages FaceKit uses (is there a network?): what was tried is in $logs/resolve.log"
fi
