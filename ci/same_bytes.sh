#!/usr/bin/env bash
# The same spec gives the same bytes and the same modes, whatever the language, the time zone and the umask.
#
# usage: same_bytes.sh MESHGEN [SPEC…]      (default: every example)
set -euo pipefail
meshgen="$(realpath "$1")"
shift
cd "$(dirname "$0")/.."
specs=("$@")
[ ${#specs[@]} -gt 0 ] || specs=(examples/*/meshgen.yaml)
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT

# One line for each file: its mode, its digest, its path.
listing() {
  (cd "$1" && find . -type f -printf '%m ' -exec sha256sum {} \; | sort -k3)
}

# render NAME UMASK VARIABLE=VALUE…: the spec, under these circumstances.
render() {
  local name="$1" mask="$2"
  shift 2
  (umask "$mask" && env -i PATH="$PATH" HOME="$scratch" "$@" "$meshgen" render -f "$spec" -o "$scratch/$name") >"$scratch/log" 2>&1 || { cat "$scratch/log"; exit 2; }
  (umask "$mask" && env -i PATH="$PATH" HOME="$scratch" "$@" "$meshgen" render -f "$spec") >"$scratch/$name/stream"
  chmod 644 "$scratch/$name/stream" # The shell's own.
  listing "$scratch/$name" >"$scratch/$name.list"
}

failed=0
for spec in "${specs[@]}"; do
  rm -rf "${scratch:?}"/*
  render usual 022 LANG=C.UTF-8 TZ=UTC
  render strict 077 LANG=C TZ=Pacific/Kiritimati LC_ALL=C
  render turkish 002 LANG=tr_TR.UTF-8 LC_ALL=tr_TR.UTF-8 TZ=America/St_Johns
  render open 000 SOURCE_DATE_EPOCH=0 NO_COLOR=1 COLUMNS=20
  for other in strict turkish open; do
    diff "$scratch/usual.list" "$scratch/$other.list" || failed=$((failed + 1))
  done
done
echo "${#specs[@]} specs under 4 circumstances: $failed differ"
[ "$failed" -eq 0 ]
