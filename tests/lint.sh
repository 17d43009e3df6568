#!/usr/bin/env bash
# clang-tidy over every .cpp of api/, emulator/ and netns/ that it has not passed as it is now.
#
#   tests/lint.sh BUILD-FOLDER
#
# A file's stamp is the hash of itself, the checks and all headers of the project: a clean file is not read twice.
# Each is read without the precompiled header, which clang cannot read: so a forgotten #include is a finding, too.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:?usage: tests/lint.sh BUILD-FOLDER}
stamps=$build/lint; mkdir -p "$stamps"
sed -E 's# -Winvalid-pch -include [^ ]*cmake_pch.hxx##' "$build/compile_commands.json" >"$stamps/compile_commands.json"

common=$(git ls-files -z --cached --others --exclude-standard '*.hpp' .clang-tidy | sort -z | xargs -0 sha256sum | sha256sum | cut -c1-16)
pending=()
while IFS= read -r -d '' file; do
  [ -e "$file" ] || continue  # removed and not committed yet
  stamp=$stamps/$(sha256sum "$file" | cut -c1-32)-$common
  [ -e "$stamp" ] || pending+=("$file" "$stamp")
done < <(git ls-files -z --cached --others --exclude-standard 'api/*.cpp' 'emulator/*.cpp' 'netns/*.cpp')

if [ ${#pending[@]} -gt 0 ]; then
  echo "lint: $((${#pending[@]} / 2)) files to read"
  # Warnings are g++'s to judge; here they would only cost time.
  printf '%s\0' "${pending[@]}" | xargs -0 -n 2 -P "$(nproc)" bash -c '
    out=$(timeout 120 clang-tidy -p "$0/lint" --quiet --extra-arg=-Wno-everything "$1" 2>/dev/null) &&
      touch "$2" && exit 0
    printf "%s\n" "lint: $1" "$out"; exit 1' "$build" || { echo "lint: findings"; exit 1; }
fi
echo "lint: clean"
