#!/bin/sh
# A year of 临江区 with its mishaps: tests/test_office_year.py runs it, docs/office.md and docs/office.zh-CN.md show its output.
# Each command has to end with the status that stands before it; the first that does not ends the script.
#   BIN=folder of xltools and python   OUT=folder to make it in
set -eu
ROOT=$(pwd)
case ${BIN:=.venv/bin} in /*) ;; *) BIN=$ROOT/$BIN ;; esac
OUT=${OUT:-build/office}
rm -rf "$OUT"
mkdir -p "$OUT"
cd "$OUT"

part() { printf '\n\033[1m%s\033[0m\n' "$1"; }
people() { "$BIN/python" "$ROOT/samples/office.py" "$1"; }
# expect STATUS ARGUMENT...: run xltools, and see how it ends
expect() {
  wanted=$1 && shift
  printf '$ xltools%s\n' "${*:+ $*}"
  found=0
  "$BIN/python" -m xltools "$@" || found=$?
  if [ "$found" -ne "$wanted" ]; then
    printf '%s\n' "expected status $wanted, it was $found: xltools $*" >&2
    exit 1
  fi
}

part "2023 年 / last year, in short"
people rosters
expect 0 init 2023 --year 2023 --district 临江区 --roster 名单2023.xlsx
expect 0 generate 2023 2>/dev/null || true
