#!/usr/bin/env bash
# Makes the offline images from Debian packages and puts them into the image store, as root or as
# an ordinary user. What is already there, from the same recipe and the same package versions, is
# left alone: a second run takes a second.
#
#   docker/build-images.sh [--build DIR] [--store DIR] [--force] [RECIPE...]
#
#   --build DIR   where the enibox and pause programs are (default: build)
#   --store DIR   the image store (default: that of `enibox image`)
#   --force       make them again
#   RECIPE        folders of docker/ (default: pause busybox nginx ecs-instance)
#
# Needs apt-get (with package lists: apt-get update), dpkg-deb, tar and readelf (binutils).
set -euo pipefail
umask 022
here=$(cd "$(dirname "$0")" && pwd)
build=$here/../build
store=()
force=
recipes=()
while [ $# -gt 0 ]; do
  case $1 in
    --build) build=${2:?--build needs a directory}; shift 2 ;;
    --store) store=(--store "${2:?--store needs a directory}"); shift 2 ;;
    --force) force=yes; shift ;;
    -h | --help) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0"; exit ;;
    -*) echo "unknown option $1; see $0 --help" >&2; exit 2 ;;
    *) recipes+=("$1"); shift ;;
  esac
done
[ ${#recipes[@]} -gt 0 ] || recipes=(pause busybox nginx ecs-instance)
build=$(cd "$build" && pwd)
work=$build/images
mkdir -p "$work"
# shellcheck source=docker/packages.sh
. "$here/packages.sh"

for tool in apt-get dpkg-deb tar readelf sha256sum; do
  command -v "$tool" >/dev/null || { echo "$tool is missing" >&2; exit 1; }
done

enibox() { "$build/enibox" image "$@" ${store[@]+"${store[@]}"}; }

# version NAME: the version of a package of the recipe at hand.
version() { awk -v name="$1" '$1 == name { print $2; found = 1 } END { exit !found }' "$work/plan"; }

# add_libraries ROOT: those of the resolved packages that the programs in it need.
add_libraries() {
  local name number
  new_root "$work/libraries"
  while read -r name number; do
    case $name in
      lib*-perl | libperl*) ;;
      lib* | zlib1g*) unpack "$work/libraries" "$(deb_of "$name" "$number")" ;;
    esac
  done <"$work/plan"
  copy_libraries "$1" "$work/libraries"
  rm -rf "$work/libraries"
}

# What an image is made of, as one number: the label by which a second run knows it.
recipe_key() {
  {
    cat "$work/plan" "$here/build-images.sh" "$here/packages.sh"
    find "$recipe" -type f | sort | xargs cat
    [ -z "${extra_inputs:-}" ] || cat $extra_inputs
  } | sha256sum | cut -c1-32
}

is_made() {
  local name
  [ -z "$force" ] || return 1
  for name in $names; do
    enibox inspect "$name" 2>/dev/null | grep -q "\"io.enibox.recipe\": \"$1\"" || return 1
  done
}

write_recipe() {
  local name versions=
  for name in $packages ${alone:-}; do versions+="${versions:+, }$name $(version "$name")"; done
  {
    echo '{"config":'
    image_config
    echo " \"Labels\": {\"io.enibox.stand-in\": \"true\", \"io.enibox.recipe\": \"$1\","
    echo "              \"io.enibox.packages\": \"${versions:-none}\"}},"
    echo ' "files":'
    if declare -F image_files >/dev/null; then image_files; else echo '{}'; fi
    echo '}'
  } >"$work/recipe.json"
}

make_image() {
  local recipe=$here/$1 packages names alone= extra_inputs= key began=$SECONDS
  [ -f "$recipe/recipe.sh" ] || { echo "no recipe $1 in $here" >&2; return 2; }
  unset -f image_files
  . "$recipe/recipe.sh"
  : >"$work/plan"
  [ -z "$packages" ] || resolve $packages >"$work/plan"
  local name
  for name in $alone; do echo "$name $(version_of "$name")" >>"$work/plan"; done
  [ -z "$packages" ] || [ -s "$work/plan" ] || return 1
  key=$(recipe_key)
  if is_made "$key"; then
    echo "$1: already there"
    return
  fi
  if [ -n "$packages" ]; then
    echo "$1: downloading $(wc -l <"$work/plan") packages"
    download $packages
    for name in $alone; do download_alone "$name" "$(version "$name")"; done
  fi
  echo "$1: unpacking"
  new_root "$work/root"
  make_root "$work/root"
  check_libraries "$work/root"
  write_recipe "$key"
  echo "$1: packing"
  enibox build "$work/root" "$work/recipe.json" $names | sed "s/^/$1: /"
  rm -rf "$work/root"
  echo "$1: done in $((SECONDS - began)) s"
}

for one in "${recipes[@]}"; do make_image "$one"; done
