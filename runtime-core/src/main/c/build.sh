#!/bin/sh
# Builds bin/jrun, and the program that bundles begin with, for this machine, and for others whose cross compiler is here: build.sh OUTPUT_DIRECTORY
# With "trapping" as second argument: bin/jrun alone and for this machine alone, ended by a signal where C leaves open what happens; for tests.
# The one place where the options of the build are; a test of the plan reader takes $warnings from here.
set -eu

sources=$(cd "$(dirname "$0")" && pwd)
output=$1
warnings='-std=c11 -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Werror'
# No position independence, one page-aligned segment and no tables for a debugger: less for execve(2) to map.
freestanding='-Os -ffreestanding -nostdlib -static -fno-pie -no-pie -fno-stack-protector -fanalyzer
    -fno-asynchronous-unwind-tables -fno-tree-loop-distribute-patterns -fomit-frame-pointer -s
    -Wl,--build-id=none -Wl,-z,noseparate-code -Wl,-z,norelro -Wl,-z,noexecstack'

# What plans are compiled by: this program, and all Java that has a say in them. A plan of another build is stale.
build=0x$(cd "$sources/../../../.." && find runtime-core/src/main cli/src/main -type f | LC_ALL=C sort |
    while IFS= read -r file; do sha256sum "$file"; done | sha256sum | cut -c1-8)
if [ "$(cat "$output/build" 2>/dev/null)" != "$build" ]; then
    rm -rf "$output"
fi

build() { # COMPILER
    arch=$("$1" -dumpmachine | cut -d- -f1)
    mkdir -p "$output/$arch"
    link "$1" jrun launcher
    link "$1" bundle bundle sha256 unsquash
}

link() { # COMPILER PROGRAM SOURCE..., which come to those of both programs
    compiler=$1
    binary=$output/$arch/$2
    shift 2
    if [ ! -x "$binary" ]; then
        set -- $(for name in "$@" mounts plan process tape text; do echo "$sources/$name.c"; done)
        # shellcheck disable=SC2086
        "$compiler" $warnings $freestanding "-DPLAN_BUILD=${build}U" -o "$binary" "$@"
    fi
}

if [ "${2-}" = trapping ]; then
    freestanding="$(echo "$freestanding" | sed 's/-fanalyzer//') -fsanitize=undefined -fsanitize-undefined-trap-on-error"
    arch=$(gcc -dumpmachine | cut -d- -f1)
    mkdir -p "$output/$arch"
    link gcc jrun launcher
    echo "$build" >"$output/build"
    exit
fi

built=
for compiler in gcc x86_64-linux-gnu-gcc aarch64-linux-gnu-gcc; do
    if command -v "$compiler" >/dev/null 2>&1; then
        build "$compiler"
        built=yes
    fi
done
if [ -n "$built" ]; then
    echo "$build" >"$output/build"
else
    echo 'build.sh: cannot build bin/jrun: there is no gcc in PATH' >&2
    echo '  hint: apt-get install gcc' >&2
    exit 1
fi
