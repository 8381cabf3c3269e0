#!/bin/sh
# Builds lib/slurm/jrun.so for this machine's Slurm, where its headers are: build.sh OUTPUT_DIRECTORY
# Slurm loads a plugin only into the release that it was built for.
set -eu

sources=$(cd "$(dirname "$0")" && pwd)
output=$1/jrun.so
if ! echo '#include <slurm/spank.h>' | gcc -E - >/dev/null 2>&1; then
    echo 'build.sh: no plugin for Slurm is built: slurm/spank.h is not here (Debian: libslurm-dev)' >&2
    rm -f "$output"
    exit 0
fi
for file in "$sources"/*; do
    if [ ! "$output" -nt "$file" ]; then
        mkdir -p "$1"
        gcc -std=gnu11 -D_GNU_SOURCE -O2 -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Werror -fPIC -shared \
            -fvisibility=hidden -Wl,-z,relro,-z,now -o "$output" "$sources"/*.c
        break
    fi
done
