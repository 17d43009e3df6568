#!/usr/bin/env bash
# Runs a command beside a fresh, ephemeral daemon.
#
#   tests/e2e/with_daemon.sh [-u USER-ID] COMMAND [ARGUMENT...]
#
# The command finds ENDPOINT, AWS_ENDPOINT_URL, ENIBOX_DAEMON_LOG, ENIBOX_PORTER (the process id of `enibox serve`) and
# our session-manager-plugin on PATH (unless the stock one is there). ENIBOX_BUILD: where the programs are;
# ENIBOX_IMAGE_STORE: another image store than the user's own; ENIBOX_SERVE: more options of the daemon's.
# Exit status: the command's, 77 (skipped) where the user cannot have a daemon here, 99 when something is left behind.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${ENIBOX_BUILD:-$here/../../build}" && pwd)
as=()
if [ "${1:-}" = -u ]; then
  [ "$(id -u)" = 0 ] || { echo "skipped: only root can run this as another user"; exit 77; }
  export DAEMON_USER=$2  # whose daemon it is, for commands that look for one
  as=(setpriv "--reuid=$2" "--regid=$2" --clear-groups env HOME=/nonexistent); shift 2
  "${as[@]}" test -x "$build/enibox" || { echo "skipped: $build is closed to others"; exit 77; }
fi
if [ ${#as[@]} -gt 0 ] || [ "$(id -u)" != 0 ]; then
  "${as[@]}" unshare --user true 2>/dev/null || { echo "skipped: no user namespaces for an ordinary user"; exit 77; }
fi
store=(); [ -z "${ENIBOX_IMAGE_STORE:-}" ] || store=(--image-store "$ENIBOX_IMAGE_STORE")
export ENIBOX_DAEMON_LOG
ENIBOX_DAEMON_LOG=$(mktemp)
before=$(mktemp)
"$here/leak_check.sh" snapshot "$before"
# Port 0: the kernel picks a free one; the daemon's first line names it, as soon as it answers.
"${as[@]}" "$build/enibox" serve --listen 127.0.0.1:0 --ephemeral ${ENIBOX_SERVE:-} "${store[@]}" >"$ENIBOX_DAEMON_LOG" 2>&1 &
daemon=$!
export ENIBOX_PORTER=$daemon
finish() {
  status=$?
  trap - EXIT
  kill -TERM "$daemon" 2>/dev/null || true
  wait "$daemon" || { ended=$?; echo "the daemon ended with $ended"; [ $status -ne 0 ] || status=$ended; }
  [ $status -eq 0 ] || { echo "--- the daemon's log"; tail -n 60 "$ENIBOX_DAEMON_LOG"; }
  "$here/leak_check.sh" compare "$before" || status=$?
  rm -f "$ENIBOX_DAEMON_LOG" "$before"
  exit $status
}
trap finish EXIT
deadline=$((SECONDS + 30))
until grep -q ready "$ENIBOX_DAEMON_LOG"; do
  kill -0 "$daemon" 2>/dev/null || { echo "the daemon did not start"; exit 1; }
  [ $SECONDS -lt $deadline ] || { echo "the daemon is not ready after 30 s"; exit 1; }
  sleep 0.05
done
ENDPOINT=$(grep -om1 'http://127\.0\.0\.1:[0-9]*' "$ENIBOX_DAEMON_LOG")
export ENDPOINT AWS_ENDPOINT_URL=$ENDPOINT
command -v session-manager-plugin >/dev/null || export PATH=$build:$PATH
"$@"
