#!/usr/bin/env bash
# Runs a command where a user owns 65536 subordinate user and group ids, in a mount namespace of its own: the machine's
# /etc/subuid and /etc/subgid stay as they are.
#
#   tests/e2e/with_subids.sh USER-ID COMMAND [ARGUMENT...]      exit status: the command's, 77 where it cannot be (skipped)
set -euo pipefail
[ "$(id -u)" = 0 ] || { echo "skipped: only root can give another user ids"; exit 77; }
command -v newuidmap >/dev/null && command -v newgidmap >/dev/null || { echo "skipped: uidmap is not installed"; exit 77; }
[ "${1:-}" = --inside ] || exec unshare --mount --propagation private "$0" --inside "$@"
user=$2; shift 2
ranges=$(mktemp /run/subids-XXXXXX)
echo "$user:200000:65536" >"$ranges"
for file in /etc/subuid /etc/subgid; do
  [ -e $file ] || { echo "skipped: there is no $file to put another one over"; exit 77; }
  mount --no-mtab --bind "$ranges" $file
done
rm "$ranges"
exec "$@"
