# Sourced before lib.sh by scripts that start and end daemons of their own, all on one data directory $DATA.
# ENIBOX_SERVE: more options of the daemons. ENIBOX_E2E_UID: the ordinary user who runs them, when root runs the script.
build=$(cd "${ENIBOX_BUILD:-$(dirname "$0")/../../build}" && pwd)
as=()
if [ -n "${ENIBOX_E2E_UID:-}" ]; then
  [ "$(id -u)" = 0 ] || { echo "skipped: only root can run this as another user"; exit 77; }
  as=(setpriv "--reuid=$ENIBOX_E2E_UID" "--regid=$ENIBOX_E2E_UID" --clear-groups env HOME=/nonexistent)
  "${as[@]}" test -x "$build/enibox" || { echo "skipped: $build is closed to others"; exit 77; }
  "${as[@]}" unshare --user true 2>/dev/null || { echo "skipped: no user namespaces for an ordinary user"; exit 77; }
fi
DATA=$(mktemp -d "${TMPDIR:-/tmp}/e2e-data-XXXXXX") PORT=0 ENDPOINT=none
[ -z "${ENIBOX_E2E_UID:-}" ] || chown "$ENIBOX_E2E_UID" "$DATA"
store=(); [ -z "${ENIBOX_IMAGE_STORE:-}" ] || store=(--image-store "$ENIBOX_IMAGE_STORE")
command -v session-manager-plugin >/dev/null || export PATH=$build:$PATH

serve() { # sets PORTER and ENDPOINT; the same port again from the second time on
  : >"$DATA.log"
  "${as[@]}" "$build/enibox" serve --listen "127.0.0.1:$PORT" --data-dir "$DATA" ${ENIBOX_SERVE:-} "${store[@]}" >>"$DATA.log" 2>&1 &
  PORTER=$!
  until_true 20 grep -q ready "$DATA.log" || { cat "$DATA.log"; return 1; }
  ENDPOINT=$(grep -om1 'http://127\.0\.0\.1:[0-9]*' "$DATA.log") PORT=${ENDPOINT##*:}
}
daemon_pid() { pgrep -P "$PORTER" enibox-daemon; }
kill_daemon() { kill -KILL "$(daemon_pid)"; wait "$PORTER" 2>/dev/null; }
stop_all_of_it() { "${as[@]}" "$build/enibox" stop --data-dir "$DATA"; }
over() {
  local status=$?
  stop_all_of_it >/dev/null 2>&1; wait
  [ $failed -eq 0 ] || { echo "--- the last daemon's log"; tail -n 60 "$DATA.log"; }
  rm -rf "$work" "$DATA" "$DATA.log"
  exit $status
}
. "$(dirname "$0")/lib.sh"
trap over EXIT
