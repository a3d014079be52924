#!/bin/sh
# A year of 临江区 with its mishaps: tests/test_mishaps.py runs it; docs/year.md and docs/year.zh-CN.md show what it prints.
# Each command has to end with the status that stands before it; the first that does not ends the script.
#   BIN=folder of python   OUT=folder to make it in   SAY=en: English output
set -eu
ROOT=$(pwd)
case ${BIN:=.venv/bin} in /*) ;; *) BIN=$ROOT/$BIN ;; esac
OUT=${OUT:-build/mishaps}
SAY=${SAY:-zh}
rm -rf "$OUT"
mkdir -p "$OUT"
cd "$OUT"

part() { printf '\n== %s\n' "$1"; }
people() { "$BIN/python" "$ROOT/samples/mishaps.py" "$1"; }
# expect STATUS ARGUMENT...: run xltools, and see how it ends
expect() {
  wanted=$1 && shift
  printf '\n$ xltools%s\n' "${*:+ $*}"
  found=0
  "$BIN/python" -m xltools --lang "$SAY" "$@" 2>&1 || found=$?
  if [ "$found" -ne "$wanted" ]; then
    printf '%s\n' "expected status $wanted, it was $found: xltools $*" >&2
    exit 1
  fi
}
quiet() { expect "$@" >out.txt 2>&1 || { cat out.txt >&2; exit 1; }; }

part "2023 年，简略 / 2023, in short"
people rosters
expect 2 init 2023 --year 2023 --district 临江区 --roster 名单2023（带合计）.xlsx
expect 0 init 2023 --year 2023 --district 临江区 --roster 名单2023.xlsx
quiet 0 generate --roster 2023/roster.csv --year 2023 --district 临江区 -o 2023/outbox
people last-year
quiet 0 merge 2023

part "下发：粮食和物资储备局已并入发展和改革局 / the workbooks go out; one agency has become part of another"
expect 0 init 2024 --year 2024 --district 临江区 --roster 名单2024.xlsx --prior 2023
cd 2024
expect 0 generate
cd ..

part "一月，第一轮 / January, the first round"
people first-round
cd 2024
expect 1 receive ../收到
expect 0
expect 1 status --on 2025-01-28
expect 1 verify --return-to returned
cd ..

part "二月，第二轮 / February, the second round"
people second-round
cd 2024
expect 1 receive ../收到/二次
expect 0
cd ..

part "三月，第三轮 / March, the third round"
people third-round
cd 2024
expect 0 receive ../收到/三次
expect 0 verify --return-to returned
expect 0 accept 002 --reason 电话核实：机构合并后口径有变
expect 0 status --on 2025-03-10
expect 0 merge
expect 0 merge --check district.xlsx
cd ..

part "旧邮件 / an old mail"
people old-mail
cd 2024
expect 0 receive ../收到/旧邮件.eml
expect 0 merge
expect 0 history 003
expect 0 history disclosure.licensing.decisions

part "报告 / the report"
expect 0 publish --starter
cd ..
people words
cd 2024
expect 0 publish --format md
cd ..
people late-correction
cd 2024
expect 0 receive ../收到/四次
expect 0 merge
expect 0 publish --format md
grep -o 废止3件 report.md | sort -u
ls versions
expect 0 history
