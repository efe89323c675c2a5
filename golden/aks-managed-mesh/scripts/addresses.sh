#!/usr/bin/env bash
# Prints the addresses of nodes and pods, and of what is reached from outside.
set -euo pipefail
# shellcheck source=/dev/null
. "$(dirname -- "$0")/lib.sh"
need_cluster

say "nodes"
kube get nodes --output 'custom-columns=NAME:.metadata.name,ADDRESSES:.status.addresses[?(@.type=="InternalIP")].address'
say "pods"
kube get pods --all-namespaces --output 'custom-columns=NAMESPACE:.metadata.namespace,NAME:.metadata.name,ADDRESSES:.status.podIPs[*].ip,NODE:.spec.nodeName'
say "services with an address outside of the cluster"
kube get services --all-namespaces --field-selector spec.type=LoadBalancer \
  --output 'custom-columns=NAMESPACE:.metadata.namespace,NAME:.metadata.name,IP:.status.loadBalancer.ingress[*].ip,HOST:.status.loadBalancer.ingress[*].hostname'
