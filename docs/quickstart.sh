#!/bin/bash
# From a fresh Debian or Ubuntu machine to a running container, in one command:
#
#   docs/quickstart.sh
#
# Installs what is missing (as root, or through sudo), builds jrun, serves a real image from a registry on this machine,
# imports it, makes a container and starts it as an unprivileged user. Everything but the installed packages and the build
# lies in a temporary folder, which is gone when the script ends. It can be run as often as you like.
set -euo pipefail
home_of_jrun=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$home_of_jrun"

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
# A command as one would type it.
show() {
    local word line='$'
    for word in "$@"; do
        [[ $word != *[!A-Za-z0-9_./:=,+-]* ]] && line+=" $word" || line+=" '$word'"
    done
    printf '%s\n' "$line"
}
fail() { printf 'quickstart: %s\n' "$*" >&2; exit 1; }

[[ -t 1 ]] || say() { printf '\n%s\n' "$*"; }

# --- 1. what is missing -----------------------------------------------------------------------------------------------

declare -A package_of=(
    [javac]=openjdk-17-jdk-headless [mvn]=maven [gcc]=gcc [docker-registry]=docker-registry [skopeo]=skopeo
    [jq]=jq [zstd]=zstd [busybox]=busybox-static [dpkg-deb]=dpkg [curl]=curl [setpriv]=util-linux [tar]=tar
)
missing=()
for tool in "${!package_of[@]}"; do
    command -v "$tool" >/dev/null || missing+=("${package_of[$tool]}")
done
[[ -e /usr/include/stdio.h ]] || missing+=(libc6-dev)
if ((${#missing[@]})); then
    say "Installing ${missing[*]}"
    as_root=()
    if ((EUID != 0)); then
        command -v sudo >/dev/null || fail "please install these packages first: ${missing[*]}"
        as_root=(sudo)
    fi
    export DEBIAN_FRONTEND=noninteractive
    "${as_root[@]}" apt-get update -q >/dev/null
    # The registry is started below, by hand and for the moment; no service is wanted.
    "${as_root[@]}" env RUNLEVEL=1 apt-get install -q -y --no-install-recommends "${missing[@]}" >/dev/null
fi

# --- 2. a place that cleans itself up, and a user without rights ------------------------------------------------------

work=$(mktemp -d "${TMPDIR:-/tmp}/jrun-quickstart.XXXXXX")
registry=
clean_up() {
    [[ -z $registry ]] || { kill "$registry" && wait "$registry"; } 2>/dev/null || true
    chmod -R u+rwX "$work" 2>/dev/null || true
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM
chmod 755 "$work"
mkdir "$work/home"
as_user=(env -C "$work/home" "HOME=$work/home")
if ((EUID == 0)); then
    # Nobody in particular: a number that is in no account file, so that nothing needs to be created or removed.
    chown 54321:54321 "$work/home"
    as_user=(setpriv --reuid=54321 --regid=54321 --clear-groups "${as_user[@]}")
fi
"${as_user[@]}" unshare -Ur true 2>/dev/null || fail "this machine forbids user namespaces to ordinary users;
  hint: as root: sysctl -w user.max_user_namespaces=15000 kernel.apparmor_restrict_unprivileged_userns=0
  (settings that this machine does not know can be left out)"

# --- 3. build ---------------------------------------------------------------------------------------------------------

say "Building jrun"
mvn -q -B -ntp -DskipTests package
# The checkout may lie where the user below may not look.
cp -a cli/target/jrun "$work/jrun"
chmod -R go+rX "$work/jrun"
jrun=$work/jrun/bin/jrun
"$jrun" version

# --- 4. a registry with an image in it --------------------------------------------------------------------------------

say "Assembling an image of two layers from packages, and serving it from a registry on this machine"
layout=$(native-tests/images/build medium)
port=$((20000 + RANDOM % 20000))
while (: </dev/tcp/127.0.0.1/$port) 2>/dev/null; do port=$((port + 1)); done
cat >"$work/registry.yml" <<END
version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: $work/registry}}
http: {addr: 127.0.0.1:$port}
END
docker-registry serve "$work/registry.yml" >"$work/registry.log" 2>&1 &
registry=$!
for _ in {1..100}; do
    if (: </dev/tcp/127.0.0.1/$port) 2>/dev/null; then break; fi
    kill -0 "$registry" 2>/dev/null || fail "docker-registry ended: $(cat "$work/registry.log")"
    sleep 0.1
done
HOME=$work native-tests/images/push "$layout" "127.0.0.1:$port" medium
reference=docker://127.0.0.1:$port/jrun/medium:1
jq -r '.layers[] | "  layer \(.digest[0:19])  \(.size) bytes"' "$layout/blobs/$(jq -r '.manifests[0].digest | sub(":"; "/")' "$layout/index.json")"

# --- 5. import, create, start -----------------------------------------------------------------------------------------

run() {
    show "$@"
    "${as_user[@]}" "PATH=$work/jrun/bin:$PATH" "$@"
}
say "As user $("${as_user[@]}" id -u), without any rights"
run jrun import -o first.sqsh "$reference"
run jrun create -n first first.sqsh
run jrun list
run jrun start first
run jrun start -e GREETING="hello from outside" -v "$work/home:/data" -w /data first python3 -c \
    'import os; print(os.environ["GREETING"], "- the image file is", os.path.getsize("first.sqsh") >> 20, "MiB")'
run jrun start --explain -v "$work/home:/data" first | sed -n 1,12p
run jrun remove -f first
say "That was an import, a container and three starts; nothing of it is left."
