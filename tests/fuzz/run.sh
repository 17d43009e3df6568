#!/bin/sh
# Runs each fuzz target for a while (clang): tests/fuzz/run.sh [SECONDS]. What it finds stays in
# build-fuzz/found; put it into the target's folder of seeds with the fix.
set -e
cd "$(dirname "$0")/../.."
seconds=${1:-60}
cmake -S . -B build-fuzz -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DENIBOX_FUZZ=ON \
  -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++ >/dev/null
targets=$(cd tests/fuzz && for source in *_fuzz.cpp; do echo "${source%.cpp}"; done)
# shellcheck disable=SC2086
ninja -C build-fuzz $targets
for target in $targets; do
  mkdir -p "build-fuzz/corpus/$target" build-fuzz/found
  echo "== $target"
  "build-fuzz/$target" -max_total_time="$seconds" -max_len=65536 -timeout=10 -print_final_stats=1 \
    -artifact_prefix="build-fuzz/found/$target-" "build-fuzz/corpus/$target" \
    "tests/fuzz/${target%_fuzz}"
done
