#!/usr/bin/env bash
# Installs Istio, or brings it to what the files say.
set -euo pipefail
# shellcheck source=/dev/null
. "$(dirname -- "$0")/lib.sh"
need istioctl
need_cluster

# Profiles and charts are inside istioctl: another version installs something else.
have=$(limit 60 istioctl version --remote=false --short)
have=${have##* }
case ${have} in
'1.31.1' | '1.31.1'-*) ;;
*) [ -n "${ISTIOCTL_ANY_VERSION:-}" ] || die "istioctl is ${have}, the files are for 1.31.1 (ISTIOCTL_ANY_VERSION=1 installs all the same)" ;;
esac
arguments=(--skip-confirmation --readiness-timeout 600s)
[ -z "${KUBE_CONTEXT}" ] || arguments+=(--context "${KUBE_CONTEXT}")
limit 900 istioctl install "${arguments[@]}" --filename 'istio/istio.yaml'
say "Istio is ready"
