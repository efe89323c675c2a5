# Settings of this project: `source env.sh`, in bash, zsh or any POSIX shell. It asks no server anything.
# A value that is set already wins: whoever wants another one exports it first. Where nothing has a meaning, so does an empty one.
# shellcheck shell=sh

# kind: Kubernetes in containers on this machine, and a registry beside it.
[ -n "${CLUSTER_NAME:-}" ] || CLUSTER_NAME='netpolmesh-test'
[ -n "${KIND_NODE_IMAGE+set}" ] || KIND_NODE_IMAGE=''
[ -n "${REGISTRY_NAME:-}" ] || REGISTRY_NAME='netpolmesh-test-registry'
[ -n "${REGISTRY_PORT:-}" ] || REGISTRY_PORT=5001
[ -n "${REGISTRY:-}" ] || REGISTRY="localhost:${REGISTRY_PORT}"
export CLUSTER_NAME KIND_NODE_IMAGE REGISTRY_NAME REGISTRY_PORT REGISTRY

# A file of its own, so that no other cluster is touched by mistake. The context's name is kind's rule.
[ -n "${KUBECONFIG:-}" ] || KUBECONFIG="${HOME:-.}/.kube/${CLUSTER_NAME}.yaml"
[ -n "${KUBE_CONTEXT:-}" ] || KUBE_CONTEXT="kind-${CLUSTER_NAME}"
export KUBECONFIG KUBE_CONTEXT

# What the workloads and the charts take from the environment.
[ -n "${DG_ACCEPT_LIST+set}" ] || DG_ACCEPT_LIST='0.0.0.0/0'
export DG_ACCEPT_LIST
