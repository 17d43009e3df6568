#!/usr/bin/env bash
# clang-tidy over every .cpp of the build whose preprocessed surroundings changed since it last passed.
#
#   tests/lint.sh BUILD-FOLDER
#
# A file's stamp is the hash of itself, the checks and all headers of the project: a clean file is not read twice.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:?usage: tests/lint.sh BUILD-FOLDER}
stamps=$build/lint; mkdir -p "$stamps"
common=$(git ls-files -z --cached --others --exclude-standard '*.hpp' .clang-tidy CMakeLists.txt | sort -z | xargs -0 sha256sum | sha256sum | cut -c1-16)
pending=()
while IFS= read -r -d '' file; do
  stamp=$stamps/$(sha256sum "$file" | cut -c1-32)-$common
  [ -e "$stamp" ] || pending+=("$file" "$stamp")
done < <(git ls-files -z --cached --others --exclude-standard 'api/*.cpp' 'emulator/*.cpp' 'netns/*.cpp')
if [ ${#pending[@]} -gt 0 ]; then
  echo "lint: $((${#pending[@]} / 2)) files to read"
  printf '%s\0' "${pending[@]}" | xargs -0 -n 2 -P "$(nproc)" bash -c '
    out=$(clang-tidy -p "$0" --quiet --extra-arg=-Wno-unknown-warning-option --extra-arg=-Wno-invalid-pch "$1" 2>/dev/null) &&
      touch "$2" && exit 0
    echo "$out"; exit 1' "$build"
fi
echo "lint: clean"
