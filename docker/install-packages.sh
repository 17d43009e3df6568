#!/usr/bin/env bash
# Installs the Debian packages Enibox is built of, runs on and is tested with.
#
#   docker/install-packages.sh [--if-missing] [--list] GROUP...     GROUP: build, run, test, demo, bench
#
# --if-missing: quiet, and no package manager is started when all is there. --list: only the names.
set -euo pipefail

boost() { # Debian 12 has Boost 1.81 beside its default 1.74, whose Beast is too old for us
  # By the release's name: a fresh machine has no package lists yet to ask.
  if grep -qs '^VERSION_CODENAME=bookworm' /etc/os-release; then echo libboost1.81-dev; else echo libboost-dev; fi
}
packages() {
  case $1 in
    build) echo g++ cmake ninja-build pkg-config make git ca-certificates "$(boost)" libnl-3-dev libnl-route-3-dev \
             libnftables-dev libarchive-dev libsqlite3-dev libssl-dev libpcre2-dev zlib1g-dev libldns-dev nlohmann-json3-dev libspdlog-dev libgtest-dev libgmock-dev ;;
    run)   echo runc conmon tini busybox-static golang-github-containers-common iproute2 uidmap python3 ;;
    demo)  echo awscli jq curl bsdutils ;;
    test)  echo awscli jq curl bsdutils iputils-ping bind9-dnsutils clang-format clang-tidy python3 python3-botocore util-linux procps ;;
    bench) echo iperf3 wrk nftables iproute2 util-linux ;;
    *) echo "install-packages.sh: unknown group '$1' (build, run, test, demo, bench)" >&2; exit 2 ;;
  esac
}

if_missing=no list=no groups=()
for argument in "$@"; do
  case $argument in
    --if-missing) if_missing=yes ;;
    --list) list=yes ;;
    -h | --help) sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) groups+=("$argument") ;;
  esac
done

wanted=$(for group in "${groups[@]}"; do packages "$group"; done | tr ' ' '\n' | sort -u)
if [ "$list" = yes ]; then echo "$wanted"; exit 0; fi
installed() { dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null | grep -q '^installed$'; }
missing=()
for package in $wanted; do installed "$package" || missing+=("$package"); done
if [ ${#missing[@]} -eq 0 ]; then
  [ "$if_missing" = yes ] || echo "All packages are installed."
  exit 0
fi

sudo=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "Missing: ${missing[*]}. Run 'make deps' as root." >&2; exit 1; }
  sudo=(sudo)
fi
echo "Installing ${#missing[@]} packages: ${missing[*]}"
"${sudo[@]}" apt-get update -qq
DEBIAN_FRONTEND=noninteractive "${sudo[@]}" apt-get install -y --no-install-recommends "${missing[@]}" |
  grep -E --line-buffered '^(Get:|Unpacking|Setting up)' | sed -u 's/^/  /' || true
for package in "${missing[@]}"; do
  installed "$package" || { echo "Package $package could not be installed." >&2; exit 1; }
done
