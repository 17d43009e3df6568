# amazon/amazon-ecs-pause: our own static pause program, alone. Sourced by build-images.sh.
packages=""
names="amazon/amazon-ecs-pause:0.1.0"
extra_inputs="$build/pause"

make_root() {
  rm -rf "${1:?}"
  mkdir -p "$1"
  cp "$build/pause" "$1/pause"
  chmod 755 "$1/pause"
}

image_config() { echo '{"Entrypoint": ["/pause"],'; }
