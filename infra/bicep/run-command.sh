#!/usr/bin/env bash
# Runs a command of the hub in the Container Apps job of the deployment, waits for its end and prints its output. Works while no replica runs.
# Requires the Azure CLI and jq.
set -euo pipefail

if [ $# -lt 3 ]; then
  echo "usage: $0 RESOURCE-GROUP JOB COMMAND [ARGUMENT…]" >&2
  echo "example: $0 nhub-prod nhub-prod-command migrate --after-restore" >&2
  exit 64
fi

group=$1 job=$2
shift 2

template=$(mktemp)
trap 'rm -f "$template"' EXIT

# A start without a template uses the arguments of the job. A template replaces everything, so it is a copy of the job's own.
arguments=$(jq --null-input '$ARGS.positional' --args -- "$@")
az containerapp job show --resource-group "$group" --name "$job" --query properties.template --output json |
  jq --argjson arguments "$arguments" '.containers[0].args = $arguments' > "$template"

execution=$(az containerapp job start --resource-group "$group" --name "$job" --yaml "$template" --query name --output tsv)
echo "execution $execution of $job" >&2

while true; do
  status=$(az containerapp job execution show --resource-group "$group" --name "$job" --job-execution-name "$execution" \
    --query properties.status --output tsv)
  case $status in
    Succeeded | Failed | Stopped | Degraded) break ;;
  esac
  sleep 5
done

az containerapp job logs show --resource-group "$group" --name "$job" --execution "$execution" --container hub \
  --format text ||
  echo "The output is in Log Analytics only: ContainerAppConsoleLogs_CL | where ContainerGroupName_s startswith \"$execution\"" >&2
echo "$status" >&2
[ "$status" = Succeeded ]
