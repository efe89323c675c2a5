#!/usr/bin/env bash
# Tests what the clients see, with probes from inside their containers; prints TAP.
set -euo pipefail
# shellcheck source=/dev/null
. "$(dirname -- "$0")/lib.sh"
need_cluster

printf '# %s\n' 'with the policy, a client in the mesh still reaches Dgraph'
# Without what follows the claims would prove nothing.
exists 'networkpolicies.networking.k8s.io' 'dgraph' 'dgraph-allow-istio' || skip_all 'dgraph/dgraph-allow-istio is not applied: kubectl apply --filename examples/dgraph/network_policy.yaml'

plan 2
claim grpc 'pydgraph-allow' 'deployment/pydgraph-client' '' true 'demo-dgraph-alpha.dgraph.svc.cluster.local' 9080 open 'api.Dgraph/CheckVersion' 'api.proto'
claim http 'pydgraph-allow' 'deployment/pydgraph-client' '' true 'demo-dgraph-alpha.dgraph.svc.cluster.local' 8080 open 'GET' '/health'
finish
