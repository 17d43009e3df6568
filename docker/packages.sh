# Debian packages as the material of images: resolved, downloaded and unpacked with apt-get and
# dpkg alone, by root or an ordinary user, touching nothing of the machine. Sourced.
#
# Needs: $work (a directory that may be kept between runs).

# apt-get that believes nothing is installed, so that it resolves every dependency.
apt_from_scratch() {
  mkdir -p "$work/debs/partial"
  : >"$work/nothing-installed"
  LC_ALL=C apt-get -o Dir::State::status="$work/nothing-installed" -o Debug::NoLocking=1 \
    -o Dir::Cache::archives="$work/debs" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= \
    -o APT::Sandbox::User="$(id -un)" -o Dpkg::Use-Pty=0 -y --no-install-recommends "$@"
}

# resolve PACKAGE...: "name version" lines of the packages and all they depend on.
resolve() {
  local plan
  if ! plan=$(apt_from_scratch -s install "$@" 2>&1); then
    echo "$plan" | grep -E '^E:' >&2
    echo "apt-get knows no such packages; run: apt-get update" >&2
    return 1
  fi
  echo "$plan" | sed -n 's/^Inst \([^ ]*\) (\([^ ]*\) .*/\1 \2/p' | sort
}

# version_of PACKAGE: its candidate, or nothing when there is none.
version_of() {
  LC_ALL=C apt-cache policy "$1" 2>/dev/null | sed -n 's/^  Candidate: //p' | grep -vx '(none)'
}

# download PACKAGE...: them and all they depend on, into $work/debs.
download() { apt_from_scratch --download-only install "$@" >"$work/apt.log" 2>&1 ||
  { grep -E '^[EW]:' "$work/apt.log" >&2; return 1; }; }

# download_alone PACKAGE: it without what it depends on.
download_alone() {
  deb_of "$1" "$2" >/dev/null 2>&1 && return
  (cd "$work/debs" && LC_ALL=C apt-get -o APT::Sandbox::User="$(id -un)" download "$1=$2") \
    >"$work/apt.log" 2>&1 || { grep -E '^[EW]:' "$work/apt.log" >&2; return 1; }
}

# deb_of NAME VERSION: the downloaded file (apt writes ':' of a version as %3a).
deb_of() {
  local file
  for file in "$work/debs/$1_${2//:/%3a}"_*.deb; do
    [ -f "$file" ] && { echo "$file"; return; }
  done
  echo "package $1 $2 was not downloaded" >&2
  return 1
}

# A root with merged /usr, as Debian has it: packages that still say /bin land in /usr/bin.
new_root() {
  rm -rf "$1"
  mkdir -p "$1"/{usr/{bin,sbin,lib,lib64},dev,proc,sys,run,tmp,root,etc,var/{log,tmp,lib,cache}}
  chmod 1777 "$1/tmp" "$1/var/tmp"
  chmod 700 "$1/root"
  local name
  for name in bin sbin lib lib64; do ln -s "usr/$name" "$1/$name"; done
  ln -s ../run "$1/var/run"
}

# unpack ROOT DEB [PATH...]: its files, without documentation; of the paths only, when given.
unpack() {
  local root=$1 deb=$2
  shift 2
  dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$root" --keep-directory-symlink --no-same-owner \
    --wildcards --exclude='./usr/share/doc' --exclude='./usr/share/man' \
    --exclude='./usr/share/locale' --exclude='./usr/share/info' --exclude='./usr/share/lintian' \
    --exclude='./usr/share/bash-completion' --exclude='./usr/share/bug' \
    --exclude='./lib/systemd' --exclude='./usr/lib/systemd/system' "$@"
}

# needed ROOT: the libraries that its programs and libraries name, one a line.
needed() {
  [ ! -d "$1/usr" ] ||
    find "$1/usr" -type f \( -name '*.so*' -o -perm -100 \) -print0 |
    { LC_ALL=C xargs -0 -r readelf -d 2>/dev/null || true; } | # scripts are no ELF files
      sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | sort -u
}

# has_library ROOT NAME
has_library() { [ -n "$(find "$1/usr" -name "$2" -print -quit)" ]; }

# copy_libraries ROOT FROM: from another root, what is needed and what that needs in turn.
copy_libraries() {
  local root=$1 from=$2 name file copied=yes
  for file in "$from"/usr/lib*/ld-linux* "$from"/usr/lib/*/ld-linux*; do
    [ ! -e "$file" ] || { mkdir -p "$(dirname "$root${file#"$from"}")" &&
      cp -P "$file" "$root${file#"$from"}"; }
  done
  while [ -n "$copied" ]; do
    copied=
    for name in $(needed "$root"); do
      ! has_library "$root" "$name" || continue
      file=$(find "$from/usr/lib" -name "$name" -print -quit)
      [ -n "$file" ] || continue # check_libraries names it
      mkdir -p "$(dirname "$root${file#"$from"}")"
      cp -L "$file" "$root${file#"$from"}" # under the name by which it is asked for
      copied=yes
    done
  done
}

# Every program and library must find the libraries it names, in the root itself.
check_libraries() {
  local root=$1 name missing=
  for name in $(needed "$root"); do has_library "$root" "$name" || missing+=" $name"; done
  [ -z "$missing" ] || { echo "libraries missing in $root:$missing" >&2; return 1; }
}

# A busybox command for every name that the root has no program for.
link_busybox() {
  local root=$1
  "$root/bin/busybox" --list | "$root/bin/busybox" sh -c '
    cd "$1" || exit 1
    while read -r name; do
      for folder in usr/bin usr/sbin; do
        if [ -e "$folder/$name" ] || [ -L "$folder/$name" ]; then continue 2; fi
      done
      ln -s busybox "usr/bin/$name"
    done' sh "$root"
}
