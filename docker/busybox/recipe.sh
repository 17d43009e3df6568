# busybox:latest: Debian's static busybox and nothing else.
packages="busybox-static"
names="busybox:latest"

make_root() {
  local root=$1
  unpack "$root" "$(deb_of busybox-static "$(version busybox-static)")"
  link_busybox "$root"
  echo 'root:x:0:0:root:/root:/bin/sh
nobody:x:65534:65534:nobody:/home:/bin/false' >"$root/etc/passwd"
  echo 'root:x:0:
nogroup:x:65534:' >"$root/etc/group"
}

image_config() {
  echo '{"Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
         "Cmd": ["sh"],'
}
