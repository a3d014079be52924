#!/bin/sh
# The main job on the samples: issue workbooks, look at what came back, roll up. Run by `make demo`.
set -eu
X="${BIN:-.venv/bin}/xltools"
OUT=build/demo
ROSTER=samples/roster.csv
rm -rf "$OUT"

step() { printf '\n\033[1m%s\033[0m\n$ xltools %s\n' "$1" "$2"; }
# Findings of severity error end a command with 1, which here is what we came to see.
seen() { "$@" || test $? -eq 1; }

step "1. 每个单位一本工作簿 / a workbook for each agency" \
  "generate --year 2024 --district 青禾区 --roster $ROSTER -o $OUT/outbox"
"$X" generate --year 2024 --district 青禾区 --roster "$ROSTER" -o "$OUT/outbox"

step "2. 一月里收回来的 / what comes back in January" \
  "verify samples/problems --roster $ROSTER --year 2024"
seen "$X" verify samples/problems --roster "$ROSTER" --year 2024

step "3. 改正以后汇总 / corrected, and rolled up" \
  "merge samples/clean --roster $ROSTER --year 2024 --district 青禾区 -o $OUT/青禾区.xlsx"
"$X" merge samples/clean --roster "$ROSTER" --year 2024 --district 青禾区 -o "$OUT/青禾区.xlsx"

step "4. 汇总表也是一份报表 / the roll-up is a return too" "verify $OUT/青禾区.xlsx"
"$X" verify "$OUT/青禾区.xlsx"

step "5. 真实公布过的报告 / reports that were really published" "verify samples/published"
seen "$X" verify samples/published

printf '\n%s\n  %s\n  %s\n' "用 Excel、WPS 或 LibreOffice 打开看看 / open them and look:" \
  "$OUT/outbox/001_青禾区人民政府办公室_2024.xlsx" "$OUT/青禾区.xlsx"
