#!/usr/bin/env bash
# Removes everything: the cluster with its disks and addresses, the registry, the credentials. Usage: clean_up.sh [--yes]
set -euo pipefail
# shellcheck source=/dev/null
. "$(dirname -- "$0")/lib.sh"

if [ "${1:-}" != --yes ]; then
  [ -t 0 ] || die "this deletes everything: say --yes"
  printf 'Delete cluster %s and registry %s in resource group %s? Type yes: ' "${AZ_CLUSTER_NAME}" "${AZ_ACR_NAME}" "${AZ_RESOURCE_GROUP}"
  read -r answer
  [ "${answer}" = yes ] || die "nothing was deleted"
fi
need az kubectl
# While there is somebody to ask.
# `exit` ends the substitution, so what is to be done all the same stands outside of it.
server=$(login_server 2>/dev/null) || true

there=$(limit 120 az group exists --name "${AZ_RESOURCE_GROUP}")
if [ "${there}" != true ]; then
  say "resource group ${AZ_RESOURCE_GROUP} is gone"
else
  maker=$(limit 120 az group show --name "${AZ_RESOURCE_GROUP}" --query 'tags.[createdBy, project]' --output tsv | tr '\t\n' '  ')
  if [ "${maker% }" = 'meshgen netpolmesh-test' ]; then
    limit 3600 az group delete --name "${AZ_RESOURCE_GROUP}" --yes
    say "deleted resource group ${AZ_RESOURCE_GROUP} and all that was in it"
  else
    # Somebody else's group: only what is ours goes. The cluster takes its disks, addresses and node group along.
    name=$(limit 120 az aks list --resource-group "${AZ_RESOURCE_GROUP}" --query "[?name=='${AZ_CLUSTER_NAME}'].name" --output tsv)
    [ -z "${name}" ] || limit 3600 az aks delete --resource-group "${AZ_RESOURCE_GROUP}" --name "${AZ_CLUSTER_NAME}" --yes
    name=$(limit 120 az acr list --resource-group "${AZ_RESOURCE_GROUP}" --query "[?name=='${AZ_ACR_NAME}'].name" --output tsv)
    [ -z "${name}" ] || limit 600 az acr delete --resource-group "${AZ_RESOURCE_GROUP}" --name "${AZ_ACR_NAME}" --yes
    say "deleted the cluster and the registry; resource group ${AZ_RESOURCE_GROUP} was not made here, and stays"
  fi
fi
user="clusterUser_${AZ_RESOURCE_GROUP}_${AZ_CLUSTER_NAME}"

# The images and the login that building here left behind.
if [ -n "${server}" ] && limit 30 docker version >/dev/null 2>&1; then
  export REGISTRY="${server}"
  limit 120 make --directory 'examples/pydgraph' clean || warn "a local image stays"
  limit 60 docker logout "${server}" || warn "the login to ${server} stays"
fi

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
say "nothing is left"
