#!/bin/bash
# Fails when something is left behind: a process, a mount, a namespace, a control group, a network
# device, a file of Enibox's in /run, /tmp or /var/tmp.
#
#   leak_check.sh COMMAND...        runs COMMAND in a pid and mount namespace of its own (and, for
#                                   an ordinary user, a user namespace), where a process list is
#                                   exact whatever else the machine does. Exit status: COMMAND's,
#                                   or 99 for a leak.
#   leak_check.sh snapshot FILE     writes down what there is
#   leak_check.sh compare FILE      exit status 99 when something came or went since. Exact below
#                                   the first form; elsewhere it sees Enibox's own processes only,
#                                   and no namespaces, because others come and go, too.
set -u

# Only shell built-ins, so that looking does not add processes. Sets $processes.
list_processes() {
  local directory pid name
  processes=
  for directory in /proc/[0-9]*; do
    pid=${directory#/proc/}
    [ "$pid" = $$ ] && continue
    name=
    { read -r name <"$directory/comm"; } 2>/dev/null
    case ${LEAK_CHECK_EXACT:-no}$name in
      yes* | noenibox* | noconmon | norunc*) processes+="process $pid ${name:-?}"$'\n' ;;
    esac
  done
}

snapshot() {
  local pid_namespace
  pid_namespace=$(stat -Lc %i /proc/self/ns/pid)
  printf '%s' "$processes"
  # Without the mounts' numbers, which count up for ever.
  sed 's/^[0-9]* [0-9]* /mount /' /proc/self/mountinfo | sort
  if [ "${LEAK_CHECK_EXACT:-no}" = yes ]; then
    readlink /proc/[0-9]*/ns/* | sort -u | sed 's/^/namespace /'
    find /run 2>/dev/null | sort | sed 's/^/file /'
  fi
  find /sys/fs/cgroup -type d -name "enibox-$pid_namespace-*" 2>/dev/null | sed 's/^/cgroup /'
  sed -n 's/^ *\([^ :]*\):.*/link \1/p' /proc/net/dev | sort
  find /tmp /var/tmp -maxdepth 1 -name "enibox-$pid_namespace-*" 2>/dev/null | sort |
    sed 's/^/file /'
}

# compare BEFORE WHAT: what the kernel does in its own time (groups, namespaces) gets a deadline.
compare() {
  local attempt after
  for ((attempt = 0; attempt < 100; ++attempt)); do
    list_processes
    after=$(snapshot)
    [ "$1" = "$after" ] && return 0
    sleep 0.1
  done
  echo "leak_check: left behind (+) or missing (-) after $2:" >&2
  diff <(echo "$1") <(echo "$after") | sed -n 's/^>/+/p; s/^</-/p' >&2
  return 99
}

case ${1:-} in
  snapshot)
    list_processes
    snapshot >"$2"
    exit
    ;;
  compare)
    compare "$(cat "$2")" "the test"
    exit
    ;;
  --inside)
    shift
    # The registry of running daemons is in /run: others' daemons must not show up in ours.
    mount -t tmpfs -o mode=755 leak-check /run
    unset XDG_RUNTIME_DIR
    export LEAK_CHECK_EXACT=yes
    list_processes
    before=$(snapshot)
    "$@"
    status=$?
    compare "$before" "$*" || exit
    exit $status
    ;;
  "")
    sed -n '2,14s/^# \{0,1\}//p' "$0"
    exit 2
    ;;
esac

flags=(--pid --mount --fork --kill-child --mount-proc --propagation private)
[ "$(id -u)" = 0 ] || flags+=(--user --map-root-user)
exec unshare "${flags[@]}" "$0" --inside "$@"
