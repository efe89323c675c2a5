#!/usr/bin/env bash
# Installs Istio, or brings it to what the files say.
set -euo pipefail
# shellcheck source=/dev/null
. "$(dirname -- "$0")/lib.sh"
need az
need_cluster

mode=$(limit 120 az aks show --resource-group "${AZ_RESOURCE_GROUP}" --name "${AZ_CLUSTER_NAME}" --query serviceMeshProfile.mode --output tsv)
if [ "${mode}" = Istio ]; then
  say "the mesh is enabled already"
else
  limit 1800 az aks mesh enable --resource-group "${AZ_RESOURCE_GROUP}" --name "${AZ_CLUSTER_NAME}" \
    --revision 'asm-1-30' --output none
fi
limit 1800 az aks mesh enable-ingress-gateway --resource-group "${AZ_RESOURCE_GROUP}" --name "${AZ_CLUSTER_NAME}" \
  --ingress-gateway-type 'internal' --output none
apply 'istio/mesh_config.yaml'
# The control plane by its label: its name has the revision in it.
kube_for 660 wait --namespace 'aks-istio-system' --for condition=Available --timeout 600s deployment --selector app=istiod
say "Istio is ready"
