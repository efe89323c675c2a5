#!/usr/bin/env bash
# Makes the cluster, unless it is there.
set -euo pipefail
# shellcheck source=/dev/null
. "$(dirname -- "$0")/lib.sh"
need docker kind kubectl
need curl

clusters=$(limit 60 kind get clusters)
if printf '%s\n' "${clusters}" | grep -Fx -- "${CLUSTER_NAME}" >/dev/null; then
  say "cluster ${CLUSTER_NAME} is there"
  bash "${ROOT}/scripts/get_credentials.sh"
else
  mkdir -p "$(dirname "${KUBECONFIG}")"
  arguments=(--name "${CLUSTER_NAME}" --config 'cluster/kind.yaml' --kubeconfig "${KUBECONFIG}")
  [ -z "${KIND_NODE_IMAGE}" ] || arguments+=(--image "${KIND_NODE_IMAGE}")
  limit 1200 kind create cluster "${arguments[@]}"
  say "made cluster ${CLUSTER_NAME}"
fi

# The nodes fetch from the registry by the name that this machine pushes to.
nodes=$(limit 60 kind get nodes --name "${CLUSTER_NAME}")
for node in ${nodes}; do
  folder="/etc/containerd/certs.d/${REGISTRY}"
  limit 60 docker exec "${node}" mkdir -p "${folder}"
  printf '[host."http://%s:5000"]\n' "${REGISTRY_NAME}" | limit 60 docker exec --interactive "${node}" cp /dev/stdin "${folder}/hosts.toml"
done
networks=$(limit 60 docker container inspect --format '{{json .NetworkSettings.Networks}}' "${REGISTRY_NAME}")
case ${networks} in
*'"kind":'*) ;;
*) limit 60 docker network connect kind "${REGISTRY_NAME}" ;;
esac
# What tools that look for a local registry go by (KEP-1755).
kube apply --filename - <<EOF
apiVersion: v1
kind: ConfigMap
metadata:
  name: local-registry-hosting
  namespace: kube-public
data:
  localRegistryHosting.v1: |
    host: "${REGISTRY}"
EOF

# fetch URL SHA256 FILE: a manifest, checked if its digest is known.
fetch() {
  limit 300 curl --fail --silent --show-error --location --proto =https --proto-redir =https --retry 3 --max-time 120 --output "$3" "$1"
  [ -n "$2" ] || return 0
  local sum
  if command -v sha256sum >/dev/null 2>&1; then
    sum=$(sha256sum "$3")
  else
    sum=$(shasum -a 256 "$3")
  fi
  [ "${sum%% *}" = "$2" ] || die "$1 is not what it was: sha256 ${sum%% *}, expected $2"
}

# Calico 3.32.2. The operator first; it makes the definitions that its configuration needs.
fetch 'https://raw.githubusercontent.com/projectcalico/calico/v3.32.2/manifests/v1_crd_projectcalico_org.yaml' '' "${WORK}/calico-1.yaml"
apply "${WORK}/calico-1.yaml"
fetch 'https://raw.githubusercontent.com/projectcalico/calico/v3.32.2/manifests/tigera-operator.yaml' '' "${WORK}/calico-2.yaml"
apply "${WORK}/calico-2.yaml"
until_true 300 "the operator's definitions" kube get crd installations.operator.tigera.io apiservers.operator.tigera.io
kube wait --for condition=Established --timeout 50s crd/installations.operator.tigera.io crd/apiservers.operator.tigera.io
apply 'cluster/calico.yaml'
until_true 300 "Calico's status" kube get tigerastatus calico
kube_for 660 wait --for condition=Available --timeout 600s tigerastatus/calico
kube_for 360 wait --for condition=Ready --timeout 300s nodes --all
say "cluster ${CLUSTER_NAME} is ready"
