#!/usr/bin/env bash
# Tests what the clients see, with probes from inside their containers; prints TAP.
set -euo pipefail
# shellcheck source=/dev/null
. "$(dirname -- "$0")/lib.sh"
need_cluster

printf '# %s\n' 'without a policy every client reaches Dgraph'
# These claims are about a cluster without what follows.
! exists 'networkpolicies.networking.k8s.io' 'dgraph' 'dgraph-allow-istio' || skip_all 'dgraph/dgraph-allow-istio is applied: kubectl delete --filename examples/dgraph/network_policy.yaml'

plan 4
claim grpc 'pydgraph-allow' 'deployment/pydgraph-client' '' true 'demo-dgraph-alpha.dgraph.svc.cluster.local' 9080 open 'api.Dgraph/CheckVersion' 'api.proto'
claim http 'pydgraph-allow' 'deployment/pydgraph-client' '' true 'demo-dgraph-alpha.dgraph.svc.cluster.local' 8080 open 'GET' '/health'
claim grpc 'pydgraph-deny' 'deployment/pydgraph-client' '' false 'demo-dgraph-alpha.dgraph.svc.cluster.local' 9080 open 'api.Dgraph/CheckVersion' 'api.proto'
claim http 'pydgraph-deny' 'deployment/pydgraph-client' '' false 'demo-dgraph-alpha.dgraph.svc.cluster.local' 8080 open 'GET' '/health'
finish
