#!/usr/bin/env bash
# Tests what the clients see, with probes from inside their containers; prints TAP.
set -euo pipefail
# shellcheck source=/dev/null
. "$(dirname -- "$0")/lib.sh"
need_cluster

printf '# %s\n' 'with the policy, a client outside of the mesh is cut off'
kube apply --filename 'examples/dgraph/network_policy.yaml' | sed 's/^/# /' || bail_out 'cannot apply examples/dgraph/network_policy.yaml'

plan 2
claim grpc 'pydgraph-deny' 'deployment/pydgraph-client' '' false 'demo-dgraph-alpha.dgraph.svc.cluster.local' 9080 timeout 'api.Dgraph/CheckVersion' 'api.proto'
claim http 'pydgraph-deny' 'deployment/pydgraph-client' '' false 'demo-dgraph-alpha.dgraph.svc.cluster.local' 8080 timeout 'GET' '/health'
finish
