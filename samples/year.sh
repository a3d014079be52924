#!/bin/sh
# A whole year of 青禾区, from nothing to the published report: docs/year.md tells it, tests/test_year.py runs it.
# Each command has to end with the status that stands before it; the first that does not ends the script.
#   BIN=folder of xltools and python   OUT=folder to make it in   PDF=1: print the report too (LibreOffice)
set -eu
ROOT=$(pwd)
case ${BIN:=.venv/bin} in /*) ;; *) BIN=$ROOT/$BIN ;; esac
OUT=${OUT:-build/year}
rm -rf "$OUT"
mkdir -p "$OUT"

part() { printf '\n\033[1m%s\033[0m\n' "$1"; }
people() { printf '（%s）\n' "$1" && "$BIN/python" "$ROOT/samples/fill.py" "$1"; }
# expect STATUS ARGUMENT...: run xltools, and see how it ends
expect() {
  wanted=$1 && shift
  printf '$ xltools %s\n' "$*"
  found=0
  "$BIN/xltools" "$@" || found=$?
  if [ "$found" -ne "$wanted" ]; then
    printf '%s\n' "expected status $wanted, it was $found: xltools $*" >&2
    exit 1
  fi
}

part "2023 年：上年的收集和公布 / last year, in short"
cd "$OUT"
expect 0 init 2023 --year 2023 --district 青禾区 --roster "$ROOT/samples/roster.csv"
cd 2023
expect 0 generate
people last-year
expect 0 merge
expect 0 publish --starter
people words-of-last-year
expect 0 publish --format html

part "1. 下发 / the workbooks go out, with last year's 结转 in them"
cd ..
expect 0 init 2024 --year 2024 --district 青禾区 --roster "$ROOT/samples/roster.csv" --prior 2023
cd 2024
expect 0 generate

part "2. 一月：收回来的 / January: what comes back"
people january
expect 0 publish 004.xlsx -o inbox/公安分局2024年年报.docx
expect 1 status --on 2025-01-28
expect 1 verify --format json -o january.json
expect 1 status --on 2025-02-03 --remind -o remind.txt

part "3. 退回修改 / what is wrong goes back"
expect 1 verify --return-to returned
expect 1 merge
people corrected
people late
expect 0 status --on 2025-02-10
expect 0 verify --format json -o corrected.json

part "4. 汇总 / the roll-up, and its proof"
expect 0 merge
expect 0 merge --check district.xlsx

part "5. 写报告 / the report is written"
expect 0 gather -o 文字材料.docx
expect 0 publish --starter
expect 1 publish
people words
sed 's/{new}/{nwe}/' text.md > wrong.md
expect 2 publish --template wrong.md -o wrong.docx
expect 0 publish --annex -o report.docx

part "6. 三月：还有一个单位更正 / March: one more correction changes table and text at once"
people afterwards
expect 0 merge
expect 0 merge --check district.xlsx
expect 0 publish --annex -o report.docx --force
expect 0 publish --annex -o report.html
expect 0 publish --annex -o report.md
if [ "${PDF:-}" ]; then expect 0 publish --annex -o report.pdf; fi

part "7. 公布以前核对 / held against the roll-up before it goes out"
expect 0 verify report.docx report.html report.md
for written in report.docx report.html report.md; do expect 0 diff --figures "$written" district.xlsx; done
# Last year's published page says what last year's roll-up says: the same annex.
expect 0 publish --annex --prior ../2023/report.html -o by-page.html
cmp report.html by-page.html
