# enibox/ecs-instance: the root filesystem of a container instance. Debian's programs under the
# habits of Amazon Linux: bash as sh, its prompt, ssm-user with sudo, /etc/ecs/ecs.config.
# Sourced by build-images.sh.
packages="bash busybox-static conmon coreutils curl findutils grep gzip hostname iproute2 iptables
  iputils-ping less libpam-modules login mawk ncurses-base procps runc sed sudo tar tcpdump tini
  util-linux"
# The docker client without the daemon it depends on; older releases ship both in one package.
if [ -n "$(version_of docker-cli)" ]; then alone=docker-cli; else alone=docker.io; fi
names="enibox/ecs-instance:latest"

make_root() {
  local root=$1 name
  for name in $packages base-files netbase debianutils libpam-modules-bin; do
    unpack "$root" "$(deb_of "$name" "$(version "$name")")" --exclude='./usr/share/zoneinfo' \
      --exclude='./usr/share/polkit-1' --exclude='./var/lib/systemd' --exclude='./etc/init.d'
  done
  unpack "$root" "$(deb_of "$alone" "$(version "$alone")")" ./usr/bin/docker
  # Plugins that nobody here uses, each the only one to want a library of its own.
  rm -f "$root"/usr/lib/*/security/pam_userdb.so "$root"/usr/lib/*/tc/q_atm.so
  add_libraries "$root"
  # mawk and sh get their names from package scripts, which do not run here.
  ln -sf mawk "$root/usr/bin/awk"
  ln -sf bash "$root/usr/bin/sh"
  for name in iptables ip6tables iptables-save iptables-restore; do
    [ -e "$root/usr/sbin/$name-nft" ] && ln -sf "$name-nft" "$root/usr/sbin/$name"
  done
  link_busybox "$root"
  cp -R "$recipe/files/." "$root/"
  mkdir -p "$root/home/ssm-user" "$root/var/log/ecs" "$root/var/lib/ecs" "$root"/etc/{docker,ecs}
  for name in root home/ssm-user; do cp "$recipe/bashrc" "$root/$name/.bashrc"; done
  for name in root home/ssm-user; do cp "$recipe/bash_profile" "$root/$name/.bash_profile"; done
  : >"$root/etc/ecs/ecs.config"
  ln -sf /proc/self/mounts "$root/etc/mtab"
}

image_config() {
  echo '{"Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
         "Entrypoint": ["/usr/bin/tini", "--"], "Cmd": ["sleep", "infinity"],'
}

image_files() {
  cat <<'J'
{"/usr/bin/sudo": {"mode": "4755"}, "/usr/bin/ping": {"mode": "4755"},
 "/usr/bin/su": {"mode": "4755"},
 "/etc/sudoers": {"mode": "0400"}, "/etc/shadow": {"mode": "0600"},
 "/root": {"mode": "0700"},
 "/home/ssm-user": {"uid": 1001, "gid": 1001, "mode": "0700"}}
J
}
