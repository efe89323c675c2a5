#!/usr/bin/env bash
# Writes the cluster's credentials to the file that KUBECONFIG names.
set -euo pipefail
# shellcheck source=/dev/null
. "$(dirname -- "$0")/lib.sh"

case ${KUBECONFIG} in
*:*) die "KUBECONFIG names several files (${KUBECONFIG}): name one" ;;
esac
mkdir -p "$(dirname "${KUBECONFIG}")"
need az kubectl
limit 120 az aks get-credentials --resource-group "${AZ_RESOURCE_GROUP}" --name "${AZ_CLUSTER_NAME}" \
  --file "${KUBECONFIG}" --context "${KUBE_CONTEXT}" --overwrite-existing
# It holds keys.
chmod 600 "${KUBECONFIG}"
kube version >/dev/null || die "the cluster does not answer"
say "credentials are in ${KUBECONFIG}, context ${KUBE_CONTEXT}"
