#!/usr/bin/env bash
# Removes everything: the cluster with its disks and addresses, the registry, the credentials. Usage: clean_up.sh [--yes]
set -euo pipefail
# shellcheck source=/dev/null
. "$(dirname -- "$0")/lib.sh"

if [ "${1:-}" != --yes ]; then
  [ -t 0 ] || die "this deletes everything: say --yes"
  printf 'Delete cluster %s and registry %s? Type yes: ' "${CLUSTER_NAME}" "${REGISTRY_NAME}"
  read -r answer
  [ "${answer}" = yes ] || die "nothing was deleted"
fi
need docker kind kubectl

limit 300 kind delete cluster --name "${CLUSTER_NAME}" --kubeconfig "${KUBECONFIG}"
found=$(limit 60 docker container ls --all --quiet --filter "name=^/?${REGISTRY_NAME}\$")
# With its volume: that is where the images are.
[ -z "${found}" ] || limit 120 docker container rm --force --volumes "${REGISTRY_NAME}" >/dev/null
say "deleted cluster ${CLUSTER_NAME} and registry ${REGISTRY_NAME}"
user="kind-${CLUSTER_NAME}"

# The file may hold other clusters' credentials too: only ours go, and the file only if nothing is left in it.
if [ -f "${KUBECONFIG}" ]; then
  # These fail if there is no such entry, and there is none to take away.
  limit 60 kubectl config delete-context "${KUBE_CONTEXT}" >/dev/null 2>&1 || true
  limit 60 kubectl config delete-cluster "${KUBE_CONTEXT}" >/dev/null 2>&1 || true
  limit 60 kubectl config delete-user "${user}" >/dev/null 2>&1 || true
  if left=$(limit 60 kubectl config get-contexts --output name) && [ -z "${left}" ]; then
    rm -f "${KUBECONFIG}"
  fi
fi
limit 120 make --directory 'examples/pydgraph' clean || warn "a local image stays"
say "nothing is left"
