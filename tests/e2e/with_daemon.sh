#!/usr/bin/env bash
# Runs a command beside a fresh, ephemeral daemon, and proves that neither leaves anything behind.
#
#   tests/e2e/with_daemon.sh [-u USER-ID] COMMAND [ARGUMENT...]
#
# The command finds ENDPOINT, AWS_ENDPOINT_URL and our session-manager-plugin on PATH (unless the stock one is there).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=${ENIBOX_BUILD:-$here/../../build}
as=()
if [ "${1:-}" = -u ]; then as=(setpriv "--reuid=$2" "--regid=$2" --clear-groups env HOME=/nonexistent); shift 2; fi
port=$((20000 + RANDOM % 20000))
log=$(mktemp)
before=$(mktemp)
"$here/leak_check.sh" snapshot "$before"
"${as[@]}" "$build/enibox" serve --listen "127.0.0.1:$port" --ephemeral >"$log" 2>&1 &
daemon=$!
finish() {
  status=$?
  trap - EXIT
  kill -TERM "$daemon" 2>/dev/null || true
  wait "$daemon" || { [ $status -ne 0 ] || status=$?; echo "the daemon ended with $?"; }
  [ $status -eq 0 ] || { echo "--- the daemon's log"; tail -n 60 "$log"; }
  "$here/leak_check.sh" compare "$before" || status=1
  rm -f "$log" "$before"
  exit $status
}
trap finish EXIT
for _ in $(seq 100); do
  curl -fsS "http://127.0.0.1:$port/_enibox/health" >/dev/null 2>&1 && break
  kill -0 "$daemon" 2>/dev/null || { echo "the daemon did not start"; exit 1; }
  sleep 0.1
done
command -v session-manager-plugin >/dev/null || export PATH=$build:$PATH
export ENDPOINT=http://127.0.0.1:$port AWS_ENDPOINT_URL=http://127.0.0.1:$port
"$@"
