#!/usr/bin/env bash
# Sends traffic through the mesh and looks whether the mesh saw it; prints TAP.
set -euo pipefail
# shellcheck source=/dev/null
. "$(dirname -- "$0")/lib.sh"
need_cluster

plan 5

if bash "${ROOT}/scripts/traffic.sh" "${TRAFFIC_ROUNDS:-10}" >"${WORK}/traffic" 2>&1; then
  ok 'HTTP and gRPC are answered through the mesh'
else
  not_ok 'HTTP and gRPC are answered through the mesh' "$(tail -n 3 "${WORK}/traffic" | one_line)"
fi

what='has(starring) finds three films with a cast of three'
if inside 'pydgraph-allow' 'deployment/pydgraph-client' '' \
  curl --fail --silent --show-error --noproxy '*' --connect-timeout 10 --max-time "${PROBE_MAX_TIME}" \
  --header 'Content-Type: application/dql' --data '{ me(func: has(starring)) { stars: count(starring) } }' \
  'http://demo-dgraph-alpha.dgraph.svc.cluster.local:8080/query' >"${WORK}/films" 2>&1 </dev/null; then
  films=$(grep -o '"stars":[0-9]*' "${WORK}/films" | wc -l | tr -d ' ' || true)
  full=$(grep -o '"stars":3[^0-9]' "${WORK}/films" | wc -l | tr -d ' ' || true)
  if [ "${films}" = 3 ] && [ "${full}" = 3 ]; then
    ok "${what}"
  else
    not_ok "${what}" "expected: 3 films, 3 with a cast of three" "seen:     ${films:-0} films, ${full:-0} with a cast of three" "detail:   $(one_line <"${WORK}/films")"
  fi
else
  not_ok "${what}" "no answer: $(one_line <"${WORK}/films")"
fi

# seen_by_prometheus PROTOCOL. Whoever sent the traffic counts it too, so this also works where the server is cut off from
# Prometheus by its own policy. The API server's proxy leads there: no port has to be forwarded.
seen_by_prometheus() {
  local answer path
  # sum(istio_requests_total{destination_service_name="…",destination_service_namespace="…",request_protocol="…"}) > 0
  path='/api/v1/namespaces/observe/services/prometheus:9090/proxy/api/v1/query?query=sum%28istio_requests_total%7Bdestination_service_name%3D%22demo-dgraph-alpha%22%2Cdestination_service_namespace%3D%22dgraph%22%2Crequest_protocol%3D%22'
  answer=$(kube get --raw "${path}$1%22%7D%29%20%3E%200") || return 1
  printf '%s\n' "${answer}"
  case ${answer} in
  *'"status":"success"'*'"value":'*) return 0 ;;
  *) return 1 ;;
  esac
}

# Prometheus asks the proxies every 15 s.
for protocol in http grpc; do
  what="Prometheus counts ${protocol} requests to "'dgraph/demo-dgraph-alpha'
  if (until_true "${METRICS_WAIT:-90}" "${protocol} requests in Prometheus" seen_by_prometheus "${protocol}") 2>"${WORK}/seen"; then
    ok "${what}"
  else
    not_ok "${what}" "$(one_line <"${WORK}/seen")"
  fi
done

what='Kiali answers'
if kube get --raw '/api/v1/namespaces/observe/services/kiali:20001/proxy/kiali/healthz' >"${WORK}/kiali" 2>&1; then
  ok "${what}"
else
  not_ok "${what}" "$(one_line <"${WORK}/kiali")"
fi
printf '# See it: istioctl dashboard kiali, then Graph, namespace %s\n' 'dgraph'
finish
