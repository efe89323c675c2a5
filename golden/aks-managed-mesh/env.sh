# Settings of this project: `source env.sh`, in bash, zsh or any POSIX shell. It asks no server anything.
# A value that is set already wins: whoever wants another one exports it first. Where nothing has a meaning, so does an empty one.
# shellcheck shell=sh

# Azure. The registry's name is part of a public host name: it has to be free in all of Azure.
[ -n "${AZ_RESOURCE_GROUP:-}" ] || AZ_RESOURCE_GROUP='netpolmesh-managed'
[ -n "${AZ_LOCATION:-}" ] || AZ_LOCATION='westus2'
[ -n "${AZ_ACR_NAME:-}" ] || AZ_ACR_NAME='netpolmeshmanaged'
[ -n "${AZ_ACR_SKU:-}" ] || AZ_ACR_SKU='Basic'
[ -n "${AZ_CLUSTER_NAME:-}" ] || AZ_CLUSTER_NAME='netpolmesh-managed'
export AZ_RESOURCE_GROUP AZ_LOCATION AZ_ACR_NAME AZ_ACR_SKU AZ_CLUSTER_NAME

# The cluster. What is empty is left to Azure's own default.
[ -n "${AZ_KUBERNETES_VERSION+set}" ] || AZ_KUBERNETES_VERSION='1.36'
[ -n "${AZ_NODE_COUNT:-}" ] || AZ_NODE_COUNT=3
[ -n "${AZ_VM_SIZE+set}" ] || AZ_VM_SIZE=''
[ -n "${AZ_ZONES+set}" ] || AZ_ZONES='1 2 3'
[ -n "${AZ_NET_PLUGIN+set}" ] || AZ_NET_PLUGIN='azure'
[ -n "${AZ_NET_PLUGIN_MODE+set}" ] || AZ_NET_PLUGIN_MODE='overlay'
[ -n "${AZ_NET_POLICY+set}" ] || AZ_NET_POLICY='cilium'
[ -n "${AZ_NET_DATAPLANE+set}" ] || AZ_NET_DATAPLANE='cilium'
export AZ_KUBERNETES_VERSION AZ_NODE_COUNT AZ_VM_SIZE AZ_ZONES
export AZ_NET_PLUGIN AZ_NET_PLUGIN_MODE AZ_NET_POLICY AZ_NET_DATAPLANE

# A file of its own, so that no other cluster is touched by mistake.
[ -n "${KUBECONFIG:-}" ] || KUBECONFIG="${HOME:-.}/.kube/${AZ_CLUSTER_NAME}.yaml"
[ -n "${KUBE_CONTEXT:-}" ] || KUBE_CONTEXT="${AZ_CLUSTER_NAME}"
export KUBECONFIG KUBE_CONTEXT
