#!/usr/bin/env bash
# Writes what each parameter file of a folder would deploy, as far as the compiler can predict it:
#   snapshot.sh COMPILER FOLDER TARGET
# The workflow compares the results for a pull request with those for its base.
set -euo pipefail

if [ $# -ne 3 ]; then
  echo "usage: $0 COMPILER FOLDER TARGET" >&2
  exit 64
fi

compiler=$1 folder=$2 target=$3
# The parameter files read these.
export HUB_IMAGE=example.azurecr.io/notificationhub:0.0.0 HUB_REGISTRY_ID= SQL_ADMIN_GROUP=administrators \
  SQL_ADMIN_GROUP_ID=00000000-0000-0000-0000-000000000001 ALERT_EMAIL=on-call@example.com

mkdir -p "$target"
for file in "$folder"/*.bicepparam; do
  "$compiler" snapshot "$file" --mode overwrite --deployment-name main --resource-group nhub --location westeurope \
    --subscription-id 00000000-0000-0000-0000-000000000002 --tenant-id 00000000-0000-0000-0000-000000000003
  mv "${file%.bicepparam}.snapshot.json" "$target/"
done
