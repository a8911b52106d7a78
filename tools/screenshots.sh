#!/usr/bin/env bash
# Takes the README's screenshots of the console beside a running demonstration, into docs/images. Needs Chromium.
set -euo pipefail
cd "$(dirname "$0")/.."

mkdir -p docs/images
CONSOLE_SCREENSHOTS=$PWD/docs/images NOTIFICATIONHUB_REQUIRE_CHROMIUM=1 \
    dotnet test tests/NotificationHub.Tests --filter "FullyQualifiedName~WebConsole.DemonstrationTests"
