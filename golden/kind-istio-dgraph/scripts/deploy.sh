#!/usr/bin/env bash
# Deploys everything, in order; twice is the same as once.
set -euo pipefail
# shellcheck source=/dev/null
. "$(dirname -- "$0")/lib.sh"
need_cluster
need_helmfile
need make docker
use_registry

say "namespaces"
# First, with their labels: the sidecar is put into pods that are made afterwards, and into no others.
kube apply --filename 'examples/dgraph/namespace.yaml'
kube apply --filename 'examples/pydgraph-allow/namespace.yaml'
kube apply --filename 'examples/pydgraph-deny/namespace.yaml'

say "addons"
apply 'addons/grafana.yaml'
apply 'addons/jaeger.yaml'
apply 'addons/kiali.yaml'
apply 'addons/prometheus.yaml'

say "releases"
helmfile_for 1800 --file 'examples/dgraph/helmfile.yaml' apply

say "images"
limit 3600 make --directory 'examples/pydgraph' build push

say "clients"
helmfile_for 1800 --file 'examples/pydgraph/helmfile.yaml' --namespace 'pydgraph-allow' apply
helmfile_for 1800 --file 'examples/pydgraph/helmfile.yaml' --namespace 'pydgraph-deny' apply

say "waiting until all of it runs"
kube_for 960 rollout status --namespace 'dgraph' --timeout 900s 'statefulset/demo-dgraph-alpha'
kube_for 960 rollout status --namespace 'dgraph' --timeout 900s 'statefulset/demo-dgraph-zero'
kube_for 960 rollout status --namespace 'istio-system' --timeout 900s 'deployment/grafana'
kube_for 960 rollout status --namespace 'istio-system' --timeout 900s 'deployment/jaeger'
kube_for 960 rollout status --namespace 'istio-system' --timeout 900s 'deployment/kiali'
kube_for 960 rollout status --namespace 'istio-system' --timeout 900s 'deployment/prometheus'
kube_for 960 rollout status --namespace 'pydgraph-allow' --timeout 900s 'deployment/pydgraph-client'
kube_for 960 rollout status --namespace 'pydgraph-deny' --timeout 900s 'deployment/pydgraph-client'
say "deployed"
