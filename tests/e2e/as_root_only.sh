#!/bin/sh
# as_root_only.sh COMMAND...: to become another user a test must start as root; else it is skipped.
[ "$(id -u)" = 0 ] || { echo "skipped: only root can run this as another user"; exit 77; }
exec "$@"
