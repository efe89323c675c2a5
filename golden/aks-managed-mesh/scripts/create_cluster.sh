#!/usr/bin/env bash
# Makes the cluster, unless it is there.
set -euo pipefail
# shellcheck source=/dev/null
. "$(dirname -- "$0")/lib.sh"
need az

state=$(limit 120 az aks list --resource-group "${AZ_RESOURCE_GROUP}" --query "[?name=='${AZ_CLUSTER_NAME}'].provisioningState" --output tsv)
case ${state} in
Succeeded)
  say "cluster ${AZ_CLUSTER_NAME} is there"
  exit 0
  ;;
"") ;;
Creating | Updating)
  say "cluster ${AZ_CLUSTER_NAME} is being made"
  limit 3600 az aks wait --resource-group "${AZ_RESOURCE_GROUP}" --name "${AZ_CLUSTER_NAME}" --created --timeout 3500
  exit 0
  ;;
*) die "cluster ${AZ_CLUSTER_NAME} is there, but its state is ${state}" ;;
esac

arguments=(--resource-group "${AZ_RESOURCE_GROUP}" --name "${AZ_CLUSTER_NAME}" --location "${AZ_LOCATION}"
  --node-count "${AZ_NODE_COUNT}" --attach-acr "${AZ_ACR_NAME}"
  # No key pair in ~/.ssh that nobody asked for and clean-up would have to leave behind.
  --no-ssh-key
  --tags createdBy=meshgen 'project=netpolmesh-managed')

if [ -n "${AZ_KUBERNETES_VERSION}" ]; then
  # The list has minor versions; which patch releases there are is another list.
  minor=$(printf '%s\n' "${AZ_KUBERNETES_VERSION}" | cut -d . -f 1,2)
  offered=$(limit 120 az aks get-versions --location "${AZ_LOCATION}" --query 'values[].version' --output tsv)
  printf '%s\n' "${offered}" | grep -Fx -- "${minor}" >/dev/null ||
    die "Kubernetes ${minor} is not offered in ${AZ_LOCATION}; offered: $(printf '%s\n' "${offered}" | one_line)"
  arguments+=(--kubernetes-version "${AZ_KUBERNETES_VERSION}")
fi
[ -z "${AZ_VM_SIZE}" ] || arguments+=(--node-vm-size "${AZ_VM_SIZE}")
[ -z "${AZ_NET_PLUGIN}" ] || arguments+=(--network-plugin "${AZ_NET_PLUGIN}")
[ -z "${AZ_NET_PLUGIN_MODE}" ] || arguments+=(--network-plugin-mode "${AZ_NET_PLUGIN_MODE}")
[ -z "${AZ_NET_POLICY}" ] || arguments+=(--network-policy "${AZ_NET_POLICY}")
[ -z "${AZ_NET_DATAPLANE}" ] || arguments+=(--network-dataplane "${AZ_NET_DATAPLANE}")
if [ -n "${AZ_ZONES}" ]; then
  read -r -a zones <<<"${AZ_ZONES}"
  arguments+=(--zones "${zones[@]}")
fi

say "making cluster ${AZ_CLUSTER_NAME}: this takes some minutes"
limit 3600 az aks create "${arguments[@]}" --output none
say "made cluster ${AZ_CLUSTER_NAME}"
