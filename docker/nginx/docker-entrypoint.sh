#!/bin/sh
# What runs before nginx: the scripts of /docker-entrypoint.d, as in the official image.
set -e

# Only one id may exist here (an ordinary user's container): then workers cannot become "nginx".
can_become_nginx() {
  while read -r inside _ count; do
    [ "$inside" -le 101 ] && [ 101 -lt $((inside + count)) ] && return 0
  done </proc/self/uid_map
  return 1
}

if [ "$1" = nginx ] || [ "$1" = nginx-debug ]; then
  if ! can_become_nginx; then
    sed -i 's/^user .*/user root;/' /etc/nginx/nginx.conf ||
      echo "$0: cannot change the user in /etc/nginx/nginx.conf" >&2
  fi
  # Where there is IPv6, listen on it too.
  if [ -e /proc/net/if_inet6 ] && [ -w /etc/nginx/conf.d/default.conf ]; then
    grep -q '\[::\]:80' /etc/nginx/conf.d/default.conf ||
      sed -i 's/^    listen       80;/&\n    listen  [::]:80;/' /etc/nginx/conf.d/default.conf
  fi
  for script in /docker-entrypoint.d/*.sh; do
    if [ -x "$script" ]; then
      echo "$0: Launching $script"
      "$script"
    fi
  done
  echo "$0: Configuration complete; ready for start up"
fi
exec "$@"
