#!/usr/bin/env bash
# Makes the offline images once for the tests that run as an ordinary user (65534), who cannot read root's layers.
#
#   tests/e2e/nobody_images.sh BUILD-DIR      leaves the store in BUILD-DIR/nobody/store
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd)
as=(setpriv --reuid=65534 --regid=65534 --clear-groups env "HOME=$build/nobody" "TMPDIR=/tmp")
[ "$(id -u)" = 0 ] || { echo "skipped: only root can make another user's images"; exit 77; }
mkdir -p "$build/nobody"
chown 65534:65534 "$build/nobody"
for program in enibox pause; do install -o 65534 -g 65534 -m 755 "$build/$program" "$build/nobody/$program"; done
"${as[@]}" test -x "$build/nobody/enibox" -a -x "$here/../../docker/build-images.sh" || { echo "skipped: $build is closed to others"; exit 77; }
exec "${as[@]}" "$here/../../docker/build-images.sh" --build "$build/nobody" --store "$build/nobody/store"
