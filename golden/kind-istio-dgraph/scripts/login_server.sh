#!/usr/bin/env bash
# Prints the host name of the registry, for commands that are typed by hand.
set -euo pipefail
# shellcheck source=/dev/null
. "$(dirname -- "$0")/lib.sh"
login_server
