#!/usr/bin/env bash
# Makes the registry for the images that are built here, unless it is there.
set -euo pipefail
# shellcheck source=/dev/null
. "$(dirname -- "$0")/lib.sh"
need az

# A list, not `show`: an empty list is a no, and a failure stays a failure.
there=$(limit 120 az acr list --resource-group "${AZ_RESOURCE_GROUP}" --query "[?name=='${AZ_ACR_NAME}'].name" --output tsv)
if [ -n "${there}" ]; then
  say "registry ${AZ_ACR_NAME} is there"
  exit 0
fi
# Registry names are host names, shared by everybody.
free=$(limit 120 az acr check-name --name "${AZ_ACR_NAME}" --query nameAvailable --output tsv)
[ "${free}" = true ] || die "the registry name ${AZ_ACR_NAME} is taken or not valid (5 to 50 letters and digits): set AZ_ACR_NAME"
limit 600 az acr create --resource-group "${AZ_RESOURCE_GROUP}" --name "${AZ_ACR_NAME}" --location "${AZ_LOCATION}" \
  --sku "${AZ_ACR_SKU}" --output none
say "made registry ${AZ_ACR_NAME}"
