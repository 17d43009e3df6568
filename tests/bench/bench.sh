#!/usr/bin/env bash
# One table: what Enibox takes, beside baselines of the same run. Judges nothing by its exit status.
#
#   tests/bench/bench.sh BUILD
#
# Needs the offline images, and iperf3, wrk and nft for some of the rows. The baselines are moto's server, when python3 has moto, and a bare `runc run -d` (root only).
# Everything stays on loopback or inside Enibox's own namespaces, and ends with this script, also on Ctrl-C.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${1:?usage: bench.sh BUILD}" && pwd)
work=$(mktemp -d)
child=
ends_on_term=
finish() {
  status=$?
  trap - EXIT
  trap '' INT TERM
  if [ -n "$child" ] && kill -0 "$child" 2>/dev/null; then
    # The C++ programs clean up at their end only, a few seconds from now; timeout(1) bounds all of them.
    if [ -n "$ends_on_term" ]; then kill -TERM "$child"; else echo "  ending with the part that runs" >&2; fi
    wait "$child" || true
  fi
  [ $status -eq 0 ] || tail -n 20 "$work/log" 2>/dev/null >&2 || true
  rm -rf "$work"
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

part() { # OUTPUT COMMAND...: in the background, so that a signal is answered at once
  local output=$1; shift
  "$@" >"$output" &
  child=$!
  wait "$child"
  child=
}

echo "measuring; it takes a minute or two" >&2
bare=0
if [ "$(id -u)" = 0 ]; then
  echo "  runc by itself, the network by itself" >&2
  part "$work/runtime" timeout 180 "$build/runtime_bench"
  bare=$(awk -F'|' '/bare `runc run -d`/ { print $3 + 0 }' "$work/runtime")
fi
part "$work/net" timeout 180 "$build/net_bench"
echo "  streams of packets" >&2
part "$work/throughput" timeout 180 "$build/throughput_bench"
ends_on_term=yes
part "$work/rows" timeout 400 python3 "$here/lab.py" "$build" "$work/log" --bare-runc "$bare"
part "$work/scale" timeout 300 python3 "$here/scale.py" "$build" "$work/log"
cat "$work/scale" >>"$work/rows"

echo "$(nproc) cores, Linux $(uname -r), load $(cut -d' ' -f1-3 /proc/loadavg); medians and 99th percentiles"
echo
python3 "$here/table.py" <"$work/rows"
echo
echo "The parts by themselves (medians):"
grep -h '^|' "$work/runtime" "$work/net" "$work/throughput" 2>/dev/null || true
