#!/usr/bin/env bash
# Sends HTTP and gRPC traffic from inside the mesh, to be seen in Kiali. Usage: traffic.sh [ROUNDS]
set -euo pipefail
# shellcheck source=/dev/null
. "$(dirname -- "$0")/lib.sh"
need_cluster

rounds=${1:-20}
case ${rounds} in
"" | *[!0-9]*) die "usage: traffic.sh [ROUNDS], a number" ;;
esac

# client COMMAND…
client() { inside 'pydgraph-allow' 'deployment/pydgraph-client' '' "$@" </dev/null; }

host='demo-dgraph-alpha.dgraph.svc.cluster.local'
web=(curl --fail --silent --show-error --noproxy '*' --connect-timeout 10 --max-time "${PROBE_MAX_TIME}")

query() { client "${web[@]}" --header 'Content-Type: application/dql' --data "$1" "http://${host}:8080/query"; }

# Loading twice makes every film twice, so only an empty database is filled.
found=$(query '{ me(func: has(starring)) { count(uid) } }') || die "the query was not answered: ${found:-nothing}"
case ${found} in
*'"count":0'*)
  say "loading the data"
  client python3 load_data.py --plaintext --alpha "${host}:9080" --files ./sw.nquads.rdf --schema ./sw.schema --wait 20 --timeout 20
  ;;
*'"count":'*) say "the data is there" ;;
*) die "an answer that is none: $(printf '%s' "${found}" | one_line)" ;;
esac

say "${rounds} rounds of HTTP and gRPC to ${host}"
failed=0
for ((round = 1; round <= rounds; round++)); do
  client "${web[@]}" --output /dev/null "http://${host}:8080"'/health' || failed=$((failed + 1))
  client grpcurl -plaintext -connect-timeout 10 -max-time "${PROBE_MAX_TIME}" -proto 'api.proto' "${host}:9080" 'api.Dgraph/CheckVersion' >/dev/null || failed=$((failed + 1))
  query '{ me(func: has(starring)) { name starring { name } } }' >/dev/null || failed=$((failed + 1))
done
[ "${failed}" -eq 0 ] || die "${failed} requests failed"
say "all were answered"
