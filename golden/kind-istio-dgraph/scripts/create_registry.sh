#!/usr/bin/env bash
# Makes the registry for the images that are built here, unless it is there.
set -euo pipefail
# shellcheck source=/dev/null
. "$(dirname -- "$0")/lib.sh"
need docker

state=$(limit 60 docker container ls --all --filter "name=^/?${REGISTRY_NAME}\$" --format '{{.State}}')
case ${state} in
running) say "registry ${REGISTRY_NAME} is there" ;;
"")
  # On the loopback address only: a registry without a password is not for the neighbours.
  limit 600 docker run --detach --restart always --publish "127.0.0.1:${REGISTRY_PORT}:5000" --name "${REGISTRY_NAME}" \
    'docker.io/library/registry:3' >/dev/null
  say "made registry ${REGISTRY_NAME} at ${REGISTRY}"
  ;;
*)
  limit 60 docker start "${REGISTRY_NAME}" >/dev/null
  say "started registry ${REGISTRY_NAME}"
  ;;
esac
