#!/bin/sh
# Builds bin/jrun for this machine, and for others whose cross compiler is here: build.sh OUTPUT_DIRECTORY
# The one place where the options of the build are; a test of the plan reader takes $warnings from here.
set -eu

sources=$(cd "$(dirname "$0")" && pwd)
output=$1
warnings='-std=c11 -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Werror'
# No position independence, one page-aligned segment and no tables for a debugger: less for execve(2) to map.
freestanding='-Os -ffreestanding -nostdlib -static -fno-pie -no-pie -fno-stack-protector -fanalyzer
    -fno-asynchronous-unwind-tables -fno-tree-loop-distribute-patterns -fomit-frame-pointer -s
    -Wl,--build-id=none -Wl,-z,noseparate-code -Wl,-z,norelro -Wl,-z,noexecstack'

build() { # COMPILER
    arch=$("$1" -dumpmachine | cut -d- -f1)
    binary=$output/$arch/jrun
    if [ -x "$binary" ] && [ -z "$(find "$sources" -newer "$binary" -type f)" ]; then
        return
    fi
    mkdir -p "$output/$arch"
    # shellcheck disable=SC2086
    "$1" $warnings $freestanding -o "$binary" "$sources"/*.c
}

built=
for compiler in gcc x86_64-linux-gnu-gcc aarch64-linux-gnu-gcc; do
    if command -v "$compiler" >/dev/null 2>&1; then
        build "$compiler"
        built=yes
    fi
done
if [ -z "$built" ]; then
    echo 'build.sh: cannot build bin/jrun: there is no gcc in PATH' >&2
    echo '  hint: apt-get install gcc' >&2
    exit 1
fi
