#!/usr/bin/env bash
# Runs a sample consumer against the demonstration: samples/run.sh Consumer | consumer-js
set -euo pipefail
cd "$(dirname "$0")/.."
sample=${1:-Consumer}

work=$(mktemp -d)
dotnet build src/NotificationHub.Simulator --verbosity quiet
dotnet run --no-build --project src/NotificationHub.Simulator -- --devices 50 --apps 3 --keep-running >"$work/demonstration" &
demonstration=$!
trap 'kill "$demonstration" 2>/dev/null; rm -rf "$work"' EXIT

until grep -q '^Press Ctrl+C' "$work/demonstration"; do
    kill -0 "$demonstration" # Ends the script if the demonstration has failed.
    sleep 1
done
cat "$work/demonstration"
hub=$(sed -n 's/^Hub  *//p' "$work/demonstration")
bus=$(sed -n 's/^Service Bus  *//p' "$work/demonstration")
location=$(sed -n 's|.*/notifications/\([a-z0-9]*\).*|\1|p' "$work/demonstration" | head -n 1)

if [ "$sample" = consumer-js ]; then
    (cd samples/consumer-js && npm ci --no-audit --no-fund)
    node samples/consumer-js/consumer.mjs "$hub" "$location" "$bus" "$work/copy.json"
else
    dotnet run --project samples/Consumer -- "$hub" "$location" "$bus" "$work/copy.db"
fi
