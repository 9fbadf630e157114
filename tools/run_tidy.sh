#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs clang-tidy over files: those named, or with --all every one, else those that differ from the main branch.
# usage: tools/run_tidy.sh [-p BUILD] [--all | FILE...]   BUILD has compile_commands.json; build/dev by default
set -eu
cd "$(dirname "$0")/.."
build=build/dev
if [ "${1:-}" = -p ]; then
  build=$2
  shift 2
fi
if [ ! -f "$build/compile_commands.json" ]; then
  echo "no $build/compile_commands.json; configure first: cmake --preset dev" >&2
  exit 2
fi
tidy=$(command -v clang-tidy-14 || command -v clang-tidy || true)
if [ -z "$tidy" ]; then
  echo "clang-tidy 14 is not installed: apt-get install clang-tidy-14" >&2
  exit 2
fi
if [ "${1:-}" = --all ]; then
  files=$(git ls-files 'src/*.cc')
elif [ $# -gt 0 ]; then
  files=$*
else
  base=$(git merge-base HEAD origin/main 2>/dev/null || git rev-parse HEAD)
  files=$(git diff --name-only --diff-filter=d "$base" -- 'src/*.cc')
fi
if [ -z "$files" ]; then
  echo "clang-tidy: no changed sources"
  exit 0
fi
# Headers are checked through the sources that include them.
echo "$files" | tr ' ' '\n' | xargs -n 1 -P "$(nproc)" "$tidy" -p "$build" --quiet
