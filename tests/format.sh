#!/usr/bin/env bash
# Formats every C++ file that git knows; --check only says which ones are not formatted.
set -euo pipefail
cd "$(dirname "$0")/.."
mapfile -d '' files < <(git ls-files -z --cached --others --exclude-standard '*.cpp' '*.hpp' '*.c')
if [ "${1:-}" = --check ]; then
  clang-format --dry-run --Werror "${files[@]}" && echo "format: ${#files[@]} files are as .clang-format says"
else
  clang-format -i "${files[@]}"
fi
