# nginx:alpine and nginx:latest: nginx as Debian builds it, laid out as the official image is.
# Sourced by build-images.sh.
packages="nginx curl busybox-static"
names="nginx:alpine nginx:latest"

make_root() {
  local root=$1
  unpack "$root" "$(deb_of busybox-static "$(version busybox-static)")"
  unpack "$root" "$(deb_of nginx "$(version nginx)")"
  unpack "$root" "$(deb_of nginx-common "$(version nginx-common)")"
  unpack "$root" "$(deb_of curl "$(version curl)")"
  add_libraries "$root"
  link_busybox "$root"

  # The official image's configuration, in place of Debian's.
  rm -rf "$root/etc/nginx" "$root/var/www" "$root"/etc/{init.d,logrotate.d,ufw,default}
  mkdir -p "$root/etc/nginx/conf.d" "$root/docker-entrypoint.d" "$root/var/log/nginx"
  unpack "$root" "$(deb_of nginx-common "$(version nginx-common)")" \
    ./etc/nginx/mime.types ./etc/nginx/fastcgi_params ./etc/nginx/scgi_params \
    ./etc/nginx/uwsgi_params
  cp "$recipe/nginx.conf" "$root/etc/nginx/nginx.conf"
  cp "$recipe/default.conf" "$root/etc/nginx/conf.d/default.conf"
  cp "$recipe/docker-entrypoint.sh" "$root/docker-entrypoint.sh"
  chmod 755 "$root/docker-entrypoint.sh"
  mkdir -p "$root"/var/lib/nginx/{body,proxy,fastcgi,uwsgi,scgi}
  ln -sf /dev/stdout "$root/var/log/nginx/access.log"
  ln -sf /dev/stderr "$root/var/log/nginx/error.log"
  echo 'root:x:0:0:root:/root:/bin/sh
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
nginx:x:101:101:nginx user:/nonexistent:/bin/false' >"$root/etc/passwd"
  echo 'root:x:0:
nogroup:x:65534:
nginx:x:101:' >"$root/etc/group"
}

image_config() {
  cat <<J
{"Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
         "NGINX_VERSION=$(version nginx | sed 's/-.*//')"],
 "Entrypoint": ["/docker-entrypoint.sh"], "Cmd": ["nginx", "-g", "daemon off;"],
 "ExposedPorts": {"80/tcp": {}}, "StopSignal": "SIGQUIT",
J
}
