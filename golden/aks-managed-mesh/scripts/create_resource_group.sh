#!/usr/bin/env bash
# Makes the resource group, unless it is there.
set -euo pipefail
# shellcheck source=/dev/null
. "$(dirname -- "$0")/lib.sh"
need az

there=$(limit 120 az group exists --name "${AZ_RESOURCE_GROUP}")
if [ "${there}" = true ]; then
  say "resource group ${AZ_RESOURCE_GROUP} is there"
  exit 0
fi
# The tag tells clean_up.sh that the group is ours to delete, with all that is in it.
limit 300 az group create --name "${AZ_RESOURCE_GROUP}" --location "${AZ_LOCATION}" \
  --tags createdBy=meshgen 'project=netpolmesh-managed' --output none
say "made resource group ${AZ_RESOURCE_GROUP} in ${AZ_LOCATION}"
