# Sourced by the other scripts: settings, time limits, kubectl for the right cluster, probes, TAP.
# shellcheck shell=bash
set -euo pipefail
unset CDPATH

ROOT=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
# Every path in these scripts starts at the root of the tree; one that the caller gave starts where the caller is.
case ${KUBECONFIG:-} in
"" | /* | *:*) ;;
*) KUBECONFIG=${PWD}/${KUBECONFIG} ;;
esac
cd -- "${ROOT}"
# shellcheck source=/dev/null
. "${ROOT}/env.sh"

WORK=$(mktemp -d "${TMPDIR:-/tmp}/meshgen.XXXXXX")
trap 'rm -rf "${WORK}"' EXIT

# ── Words ──

say() { printf '==> %s\n' "$*"; }

warn() { printf 'warning: %s\n' "$*" >&2; }

die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# One line, printable: for what a server answered. Its reasons are often at the end of it.
flat() { tr '\r\n\t' '   ' | LC_ALL=C tr -dc '[:print:]' | sed 's/  */ /g; s/^ //; s/ $//' | cut -c 1-4000; }

# The same, short enough for a human.
one_line() { flat | cut -c 1-240; }

# ── Time limits ──

# macOS has no `timeout`; coreutils from Homebrew call it `gtimeout`.
TIMEOUT=$(command -v timeout || command -v gtimeout || true)
TIMEOUT_HOW=(-k 10)
# `timeout` takes its command out of the terminal's foreground, where Ctrl-C does not reach it. Busybox has no such option.
if [ -n "${TIMEOUT}" ] && { [ -t 0 ] || [ -t 2 ]; } && "${TIMEOUT}" --foreground 5 true 2>/dev/null; then
  TIMEOUT_HOW+=(--foreground)
fi

# limit SECONDS COMMAND…: the command, ended if it takes longer (exit code 124). Not for shell functions.
limit() {
  local seconds=$1
  shift
  if [ -n "${TIMEOUT}" ]; then
    "${TIMEOUT}" "${TIMEOUT_HOW[@]}" "${seconds}" "$@"
    return
  fi
  local pid watch status=0
  # A background job has no standard input unless it is given one.
  "$@" <&0 &
  pid=$!
  # The watcher must not keep the caller's pipe open: whoever reads our output would wait for its sleep.
  (
    trap 'kill "${nap:-}" 2>/dev/null; exit 0' TERM
    sleep "${seconds}" &
    nap=$!
    wait "${nap}"
    kill -TERM "${pid}" 2>/dev/null || exit 0
    sleep 10
    kill -KILL "${pid}" 2>/dev/null
  ) >/dev/null 2>&1 </dev/null &
  watch=$!
  # A background job does not hear Ctrl-C.
  trap 'kill -TERM "${pid}" "${watch}" 2>/dev/null; exit 130' INT
  wait "${pid}" || status=$?
  trap - INT
  if ! kill -TERM "${watch}" 2>/dev/null && [ "${status}" -ge 128 ]; then
    status=124
  fi
  wait "${watch}" 2>/dev/null || true
  # 143 is SIGTERM: only the watcher sends it.
  [ "${status}" -ne 143 ] || status=124
  return "${status}"
}

# ── Tools ──

# need TOOL…: all that are missing, at once.
need() {
  local tool missing=""
  for tool in "$@"; do
    command -v "${tool}" >/dev/null 2>&1 || missing="${missing} ${tool}"
  done
  [ -z "${missing}" ] || die "not installed:${missing}"
}

# need_helmfile: helmfile's `apply` needs helm's diff plugin.
need_helmfile() {
  need helm helmfile
  local plugins
  plugins=$(limit 60 helm plugin list) || die "helm cannot list its plugins"
  printf '%s\n' "${plugins}" | grep -E '^diff[[:space:]]' >/dev/null ||
    die "helm has no diff plugin, which helmfile needs: helm plugin install https://github.com/databus23/helm-diff"
}

# kube_for SECONDS ARGUMENT…: kubectl, on this project's cluster and no other.
kube_for() {
  local seconds=$1
  shift
  if [ -n "${KUBE_CONTEXT}" ]; then
    limit "${seconds}" kubectl --context "${KUBE_CONTEXT}" "$@"
  else
    limit "${seconds}" kubectl "$@"
  fi
}

kube() { kube_for "${KUBE_TIMEOUT:-60}" "$@"; }

# helmfile_for SECONDS ARGUMENT…
helmfile_for() {
  local seconds=$1
  shift
  if [ -n "${KUBE_CONTEXT}" ]; then
    limit "${seconds}" helmfile --kube-context "${KUBE_CONTEXT}" "$@"
  else
    limit "${seconds}" helmfile "$@"
  fi
}

need_cluster() {
  need kubectl
  kube version --output json >/dev/null || die "the cluster does not answer (context ${KUBE_CONTEXT:-of your kubectl}): run scripts/get_credentials.sh first"
}

# until_true SECONDS WHAT COMMAND…: waits until the command succeeds.
until_true() {
  local seconds=$1 what=$2 start=${SECONDS}
  shift 2
  until "$@" >"${WORK}/until" 2>&1; do
    if [ $((SECONDS - start)) -ge "${seconds}" ]; then
      one_line <"${WORK}/until" >&2
      printf '\n' >&2
      die "waited ${seconds} s for ${what}"
    fi
    sleep 3
  done
}

# apply FILE: server-side, because big ConfigMaps do not fit into the annotation that a client-side apply writes.
apply() { kube_for 120 apply --server-side --force-conflicts --filename "$1"; }

# exists RESOURCE NAMESPACE NAME: whether there is such an object. A cluster that cannot tell is an error, not a no.
exists() {
  local found
  found=$(kube get "$1" "$3" --namespace "$2" --ignore-not-found --output name) || die "cannot look for $1 $2/$3"
  [ -n "${found}" ]
}

# ── The registry ──

# Asked for where it is used: env.sh needs no network, and the registry may not be there yet when it is read.
login_server() {
  if [ -n "${AZ_ACR_LOGIN_SERVER:-}" ]; then
    printf '%s\n' "${AZ_ACR_LOGIN_SERVER}"
    return
  fi
  need az
  local server
  server=$(limit 120 az acr show --resource-group "${AZ_RESOURCE_GROUP}" --name "${AZ_ACR_NAME}" --query loginServer --output tsv) ||
    die "no registry ${AZ_ACR_NAME} in ${AZ_RESOURCE_GROUP}: run scripts/create_registry.sh first"
  [ -n "${server}" ] || die "the registry ${AZ_ACR_NAME} has no login server"
  printf '%s\n' "${server}"
}

# For make and helmfile.
use_registry() {
  AZ_ACR_LOGIN_SERVER=$(login_server)
  REGISTRY=${AZ_ACR_LOGIN_SERVER}
  export AZ_ACR_LOGIN_SERVER REGISTRY
}

# ── TAP: https://testanything.org ──

TESTS=0
FAILED=0

# A `#` would start a directive.
tap_text() { printf '%s' "$1" | sed 's/[\\#]/\\&/g'; }

plan() { printf '1..%s\n' "$1"; }

ok() {
  TESTS=$((TESTS + 1))
  printf 'ok %s - %s\n' "${TESTS}" "$(tap_text "$1")"
}

# not_ok WHAT LINE…: the lines say what was seen.
not_ok() {
  TESTS=$((TESTS + 1))
  FAILED=$((FAILED + 1))
  printf 'not ok %s - %s\n' "${TESTS}" "$(tap_text "$1")"
  shift
  [ $# -eq 0 ] || printf '# %s\n' "$@"
}

skip() {
  TESTS=$((TESTS + 1))
  printf 'ok %s - %s # SKIP %s\n' "${TESTS}" "$(tap_text "$1")" "$2"
}

skip_all() {
  printf '1..0 # SKIP %s\n' "$1"
  exit 0
}

bail_out() {
  printf 'Bail out! %s\n' "$1"
  exit 1
}

# The exit code of a test script.
finish() {
  [ "${FAILED}" -eq 0 ] || printf '# %s of %s failed\n' "${FAILED}" "${TESTS}"
  [ "${FAILED}" -eq 0 ]
}

# ── Probes ──
#
# A probe sends bytes and reads an answer: a TCP connect proves nothing, because through a sidecar it always succeeds.
# What a client without a sidecar sees as silence, a client with one sees as its own proxy's 503, some 30 s later
# (three tries of 10 s each). So a probe waits longer than that, and looks for the reason in the answer.

PROBE_CONNECT_TIMEOUT=${PROBE_CONNECT_TIMEOUT:-10}
PROBE_MAX_TIME=${PROBE_MAX_TIME:-40}
# A TCP proxy gives up after 10 s: a connection that lives longer has reached the server.
PROBE_HOLD=${PROBE_HOLD:-15}
PROBE_PROXY_LIMIT=${PROBE_PROXY_LIMIT:-9}
PROBE_TRIES=${PROBE_TRIES:-3}
PROBE_PAUSE=${PROBE_PAUSE:-5}
# kubectl's own time, on top of the probe's.
PROBE_MARGIN=${PROBE_MARGIN:-30}

# What the last probe saw: open timeout reset closed refused forbidden unavailable unresolved untestable error
SEEN=""
# Why, as far as the answer tells: timeout reset refused, or nothing.
REASON=""
# In words.
DETAIL=""

# inside NAMESPACE TARGET CONTAINER COMMAND…: runs it there; the exit code is the command's own.
inside() {
  local namespace=$1 target=$2 container=$3
  shift 3
  local seconds=$((PROBE_MAX_TIME + PROBE_MARGIN))
  if [ -n "${container}" ]; then
    kube_for "${seconds}" exec --stdin --namespace "${namespace}" "${target}" --container "${container}" -- "$@"
  else
    kube_for "${seconds}" exec --stdin --namespace "${namespace}" "${target}" -- "$@"
  fi
}

saw() {
  SEEN=$1
  REASON=$2
  DETAIL=$(printf '%s' "$3" | one_line)
}

# The reason in an Envoy's answer. Its first words always contain "reset"; only what follows tells.
reason_in() {
  case $1 in
  *"onnection timeout"* | *"onnection timed out"* | *"connect error: 110"* | *"request timeout"*) printf 'timeout' ;;
  *"onnection refused"* | *"connect error: 111"*) printf 'refused' ;;
  *"connection termination"* | *"remote reset"* | *"reset by peer"* | *TLS_error* | *"connect error: 104"*) printf 'reset' ;;
  esac
}

# could_not_run STATUS: whether the tool itself was not run, so that nothing was seen of the network.
could_not_run() {
  local errors
  errors=$(flat <"${WORK}/err")
  case ${errors} in
  *"executable file not found"* | *"exec failed"*"no such file or directory"*)
    saw untestable "" "no such program in the container"
    return 0
    ;;
  esac
  case $1 in
  124 | 137)
    saw error "" "kubectl exec did not end"
    return 0
    ;;
  126 | 127)
    saw untestable "" "${errors}"
    return 0
    ;;
  esac
  return 1
}

# curl's exit codes, where nothing was answered. The last argument is 1 if the connection was made.
from_curl_code() {
  local errors
  errors=$(one_line <"${WORK}/err")
  case $1 in
  5 | 6) saw unresolved "" "curl: the name is not resolved" ;;
  7)
    # Where the kernel gives up before curl does.
    case ${errors} in
    *"timed out"*) saw timeout "" "curl: no connection" ;;
    *) saw refused "" "curl: refused or no route" ;;
    esac
    ;;
  28)
    if [ "$2" = 1 ]; then
      saw timeout "" "curl: connected, but no answer"
    else
      saw timeout "" "curl: no connection"
    fi
    ;;
  52) saw closed "" "curl: closed without an answer" ;;
  35 | 55 | 56 | 92) saw reset "" "curl: reset" ;;
  *) saw error "" "kubectl exec or curl, exit code $1: ${errors}" ;;
  esac
}

# probe_http NAMESPACE TARGET CONTAINER METHOD URL
probe_http() {
  local namespace=$1 target=$2 container=$3 method=$4 url=$5 status=0 mark http connected body
  local how=(--request "${method}")
  case ${method} in
  GET) how=() ;;
  HEAD) how=(--head) ;;
  POST | PUT | PATCH) how=(--request "${method}" --data "") ;;
  esac
  # `--noproxy`: a proxy in the environment would answer for the server. `--globoff`: a path is no pattern.
  inside "${namespace}" "${target}" "${container}" curl --silent --show-error --globoff --noproxy '*' \
    --connect-timeout "${PROBE_CONNECT_TIMEOUT}" --max-time "${PROBE_MAX_TIME}" \
    --write-out '\n@@ %{http_code} %{time_connect}\n' ${how[@]+"${how[@]}"} "${url}" \
    >"${WORK}/out" 2>"${WORK}/err" </dev/null || status=$?
  # The answer may be binary.
  mark=$(grep -a '^@@ [0-9]' "${WORK}/out" | tail -n 1 || true)
  if [ -z "${mark}" ] && could_not_run "${status}"; then
    return
  fi
  body=$(grep -av '^@@ [0-9]' "${WORK}/out" | flat || true)
  http=${mark#@@ }
  http=${http% *}
  connected=1
  case ${mark##* } in
  "" | 0 | 0[.,]000000) connected=0 ;;
  esac
  if [ "${status}" -ne 0 ] || [ -z "${http}" ] || [ "${http}" = 000 ]; then
    [ "${status}" -ne 0 ] || status=1
    from_curl_code "${status}" "${connected}"
    return
  fi
  case ${http} in
  403) saw forbidden "" "HTTP 403: ${body}" ;;
  502 | 503 | 504) saw unavailable "$(reason_in "${body}")" "HTTP ${http}: ${body}" ;;
  *) saw open "" "HTTP ${http}: ${body}" ;;
  esac
}

# probe_grpc NAMESPACE TARGET CONTAINER HOST PORT METHOD PROTO; without a proto the server is asked for its reflection.
probe_grpc() {
  local namespace=$1 target=$2 container=$3 host=$4 port=$5 method=${6#/} proto=$7 status=0 text
  local how=(-plaintext -connect-timeout "${PROBE_CONNECT_TIMEOUT}" -max-time "${PROBE_MAX_TIME}")
  [ -z "${proto}" ] || how+=(-proto "${proto}")
  inside "${namespace}" "${target}" "${container}" grpcurl "${how[@]}" "${host}:${port}" "${method}" \
    >"${WORK}/out" 2>"${WORK}/err" </dev/null || status=$?
  if [ "${status}" -eq 0 ]; then
    saw open "" "gRPC OK: $(one_line <"${WORK}/out")"
    return
  fi
  text=$(cat "${WORK}/out" "${WORK}/err" | flat)
  case ${text} in
  *"does not support the reflection API"*) saw open "" "gRPC answers, without reflection" ;;
  *"Code: PermissionDenied"* | *"code = PermissionDenied"*) saw forbidden "" "${text}" ;;
  *"Code: Unavailable"* | *"code = Unavailable"*) saw unavailable "$(reason_in "${text}")" "${text}" ;;
  *"Code: DeadlineExceeded"* | *"code = DeadlineExceeded"*) saw timeout "" "${text}" ;;
  *"Code: "*) saw open "" "gRPC answers: ${text}" ;;
  *"Failed to dial"*"connection refused"*) saw refused "" "${text}" ;;
  *"Failed to dial"*"reset by peer"*) saw reset "" "${text}" ;;
  *"Failed to dial"*"no such host"* | *"Failed to dial"*"produced zero addresses"*) saw unresolved "" "${text}" ;;
  *"Failed to dial"*)
    # grpcurl dials until its time is over, whatever the reason, and then says "deadline exceeded": curl knows the reason.
    probe_http "${namespace}" "${target}" "${container}" GET "http://${host}:${port}/"
    case ${SEEN} in
    open) saw error "" "answers, but not with gRPC; ${text}" ;;
    *) DETAIL="grpcurl cannot connect; ${DETAIL}" ;;
    esac
    ;;
  *) could_not_run "${status}" || saw error "" "kubectl exec or grpcurl, exit code ${status}: ${text}" ;;
  esac
}

# probe_tcp NAMESPACE TARGET CONTAINER HOST PORT SIDECAR: an empty line, which hardly any protocol minds, then wait.
probe_tcp() {
  local namespace=$1 target=$2 container=$3 host=$4 port=$5 sidecar=$6 status=0 start=${SECONDS} took
  # Standard input stays open: at its end some versions of curl hang up. Not a pipe, which would wait for its sleep, and `took` with it.
  inside "${namespace}" "${target}" "${container}" curl --silent --show-error --noproxy '*' \
    --connect-timeout "${PROBE_CONNECT_TIMEOUT}" --max-time "${PROBE_HOLD}" "telnet://${host}:${port}" \
    >"${WORK}/out" 2>"${WORK}/err" < <(printf '\r\n' && exec sleep "${PROBE_HOLD}" 2>/dev/null) || status=$?
  took=$((SECONDS - start))
  ! could_not_run "${status}" || return 0
  if [ -s "${WORK}/out" ]; then
    saw open "" "answered: $(one_line <"${WORK}/out")"
    return
  fi
  case ${status} in
  0) saw closed "" "closed without an answer" ;;
  # "Connection timed out" and "Failed to connect" are about the connection, a bare "Time-out" is about the silence after it.
  28) if grep -qi 'connect' "${WORK}/err"; then saw timeout "" "no connection"; else saw open "" "connected, and held for ${PROBE_HOLD} s"; fi ;;
  *) from_curl_code "${status}" 0 ;;
  esac
  # The sidecar takes every connection, and hangs up when its own attempt has timed out.
  case ${sidecar}${SEEN} in
  trueclosed | truereset) [ "${took}" -lt "${PROBE_PROXY_LIMIT}" ] || saw timeout "" "the sidecar hung up after ${took} s" ;;
  esac
}

# as_expected WORD: whether the last probe saw it.
as_expected() {
  local seen=${SEEN}
  [ "$1" != "${seen}" ] || return 0
  # With a sidecar, what happened to the packet is in the 503 of the client's own proxy.
  [ "${seen}" != unavailable ] || seen=${REASON}
  case $1/${seen} in
  timeout/timeout | refused/refused) return 0 ;;
  # Whether a hang-up arrives as an end or as a reset depends on what was still unread, not on who refused.
  reset/reset | reset/closed | closed/reset) return 0 ;;
  *) return 1 ;;
  esac
}

# claim PROTOCOL NAMESPACE TARGET CONTAINER SIDECAR HOST PORT EXPECT [METHOD [PATH | PROTO]]: one test.
claim() {
  local protocol=$1 namespace=$2 target=$3 container=$4 sidecar=$5 host=$6 port=$7 expect=$8
  local method=${9:-} rest=${10:-} what try
  case ${protocol} in
  http) what="${namespace}/${target} -> ${method} http://${host}:${port}${rest}: ${expect}" ;;
  grpc) what="${namespace}/${target} -> ${host}:${port} ${method}: ${expect}" ;;
  *) what="${namespace}/${target} -> ${host}:${port} ${protocol}: ${expect}" ;;
  esac
  # Policies and endpoints take a moment to get everywhere: only what stays different has failed.
  for ((try = 1; ; try++)); do
    case ${protocol} in
    http) probe_http "${namespace}" "${target}" "${container}" "${method}" "http://${host}:${port}${rest}" ;;
    grpc) probe_grpc "${namespace}" "${target}" "${container}" "${host}" "${port}" "${method}" "${rest}" ;;
    *) probe_tcp "${namespace}" "${target}" "${container}" "${host}" "${port}" "${sidecar}" ;;
    esac
    if as_expected "${expect}"; then
      ok "${what}"
      return
    fi
    if [ "${SEEN}" = untestable ]; then
      skip "${what}" "cannot be tested from there: ${DETAIL}"
      return
    fi
    [ "${try}" -lt "${PROBE_TRIES}" ] || break
    sleep "${PROBE_PAUSE}"
  done
  not_ok "${what}" "expected: ${expect}" "seen:     ${SEEN}${REASON:+ (${REASON})}" "detail:   ${DETAIL}"
}
