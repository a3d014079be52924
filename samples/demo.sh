#!/bin/sh
# The main job on the samples: a collection, its board, what goes back, the roll-up, the report. Run by `make demo`.
# A whole year, with corrections and a year before: samples/year.sh.
set -eu
ROOT=$(pwd)
X="$ROOT/${BIN:-.venv/bin}/xltools"
OUT=build/demo
rm -rf "$OUT"
mkdir -p "$OUT"

step() { printf '\n\033[1m%s\033[0m\n$ xltools %s\n' "$1" "$2"; }
# Findings of severity error end a command with 1, which here is what we came to see.
seen() { "$@" || test $? -eq 1; }

step "1. 收集文件夹 / a collection is a folder" "init 2024 --year 2024 --district 青禾区 --roster samples/roster.csv"
"$X" init "$OUT/2024" --year 2024 --district 青禾区 --roster samples/roster.csv
cd "$OUT/2024"

step "2. 每个单位一本工作簿 / a workbook for each agency" "generate"
"$X" generate

step "3. 一月里收回来的 / what comes back in January" "status --on 2025-01-28"
cp "$ROOT"/samples/problems/* inbox
seen "$X" status --on 2025-01-28

step "4. 有问题的退回去 / what is wrong goes back" "verify --return-to returned"
seen "$X" verify --return-to returned
seen "$X" verify --format html -o findings.html

step "5. 改正以后汇总 / corrected, and rolled up" "merge"
rm inbox/*
cp "$ROOT"/samples/clean/* inbox
"$X" merge

step "6. 汇总表也是一份报表 / the roll-up is a return too" "verify district.xlsx"
"$X" verify district.xlsx

step "7. 写公布的报告 / the report is written" "publish --starter; publish"
"$X" publish --starter
# Where a person writes, the starter leaves a gap in 【】.
sed 's/【[^】]*】/（这里由人来写。）/g' text.md > text.new && mv text.new text.md
"$X" publish -o report.docx
"$X" publish -o report.html

step "8. 公布以前与汇总表核对 / held against the roll-up before it goes out" "verify report.docx; diff --figures report.docx district.xlsx"
"$X" verify report.docx report.html
"$X" diff --figures report.docx district.xlsx
"$X" diff --figures report.html district.xlsx

step "9. 真实公布过的报告 / reports that were really published" "verify samples/published"
cd "$ROOT"
seen "$X" verify samples/published

step "10. 一个网页文件：单位报送前自查 / one file: an agency checks before it sends" "page -o 自查.html --agency 005"
if why=$("$ROOT/${BIN:-.venv/bin}/python" page/build.py 2>&1); then
  (cd "$OUT/2024" && "$X" page -o 自查.html --agency 005)
  PAGES="$OUT/2024/自查.html"
else
  PAGES=
  printf '%s\n' "没有写出 / not written: $(printf '%s' "$why" | tail -n 1)"
fi

printf '\n%s\n' "用 Excel、WPS 或 LibreOffice 打开看看 / open them and look:"
printf '  %s\n' "$OUT/2024/outbox/001_青禾区人民政府办公室_2024.xlsx" "$OUT/2024/returned/003_青禾区教育局_2024_需修改.xlsx" \
  "$OUT/2024/findings.html" "$OUT/2024/district.xlsx" "$OUT/2024/report.docx" "$OUT/2024/report.html" ${PAGES:+"$PAGES"}
