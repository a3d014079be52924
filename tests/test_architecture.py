"""The rules of the architecture: directions of imports, where a library may be used, texts in both languages, clean tools."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from functools import cache

import pytest

from conftest import ROOT
from xltools.cli import withdrawn
from xltools.data.finding import SEVERITY
from xltools.report.export import FORMATS
from xltools.text import LANGS, catalog, finding_text
from xltools.text.findings import finding_code

PACKAGE = ROOT / "src" / "xltools"
MODULES = sorted(PACKAGE.rglob("*.py"))

# A module may import from its own unit and from those of the lines below, never from those of its line or above.
LAYERS = [
    ["cli"],
    ["desk"],
    ["report", "collection"],
    ["checking", "document"],
    ["excel", "prose", "witness", "libreoffice"],
    ["data", "office"],
    ["form", "files"],
    ["text", "toml_tables", "white_space"],
    ["errors"],
]
LEVEL = {unit: level for level, units in enumerate(LAYERS) for unit in units}
# The modules and packages that may import a library.
ALLOWED = {
    "xlsxwriter": "excel/writer/",
    "zipfile": ("desk/saving.py", "excel/", "office/", "witness/"),
    "zlib": "office/guard.py",
    "xml": ("office/parsing.py", "office/guard.py", "excel/marking/", "witness/document.py"),
    "click": "cli/",
    "rich": "cli/output.py",
    "gettext": "cli/__init__.py",
    "attr": "nowhere",
    "attrs": "nowhere",
    "cattrs": "toml_tables.py",
    "tomllib": ("toml_tables.py", "text/", "witness/form.py"),
    "openpyxl": ("excel/sheet_rows.py", "excel/formula.py", "witness/"),
    "html": ("document/reader/web.py", "document/reader/plain_text.py", "witness/document.py"),
    "jinja2": "document/pages.py",
    "markupsafe": "document/markup.py",
    "json": (
        "desk/server.py",
        "desk/standalone.py",
        "report/data.py",
        "document/reader/pdf.py",
        "office/sandbox_pdf.py",
        "collection/journal.py",
        "collection/manifest.py",
        "errors.py",
        "form/code_files.py",  # texts of JSON are texts of TOML
    ),
    "pickle": "nowhere",
    "multiprocessing": "collection/reading.py",
    "csv": (
        *("form/code_files.py", "report/delimited.py", "collection/", "document/reader/plain_text.py"),
        "witness/given.py",
    ),
    "sqlite3": "report/export/as_sqlite.py",
    "python_calamine": "office/sandbox_child.py",
    "msoffcrypto": "office/sandbox_child.py",
    "olefile": ("office/sandbox_unpacking.py", "witness/containers.py"),
    "email": ("office/sandbox_unpacking.py", "witness/containers.py", "report/drafts.py"),
    "tarfile": ("office/sandbox_unpacking.py", "office/kinds.py", "witness/containers.py"),
    "gzip": ("office/sandbox_unpacking.py", "witness/containers.py"),
    "bz2": ("office/sandbox_unpacking.py", "witness/containers.py"),
    "lzma": ("office/sandbox_unpacking.py", "witness/containers.py"),
    "docx": "document/",
    "pdfplumber": "office/sandbox_pdf.py",
    "pdfminer": "office/sandbox_pdf.py",
    "starlette": "desk/server.py",
    "uvicorn": "desk/server.py",
    "webbrowser": "cli/desk.py",
    "socket": "desk/server.py",
    "subprocess": ("office/sandbox.py", "libreoffice.py"),
    "threading": ("office/sandbox.py", "office/sandbox_child.py", "collection/reading.py"),
    "resource": "office/sandbox_child.py",
    "concurrent": ("collection/reading.py", "cli/"),
    "distributed": "cli/cluster.py",
    "dask": "nowhere",
    "logging": ("cli/cluster.py", "office/sandbox_pdf.py"),
}
for _how, _about in FORMATS.items():
    if _about.library:
        ALLOWED[_about.library] = (*ALLOWED.get(_about.library, ()), f"report/export/as_{_how}.py")


@cache
def tree(path):
    """The syntax of a module; most of these tests ask for that of each."""
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path, *, with_names=False):
    """The modules that a module imports; *with_names* the names that it imports from them behind each."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield from (
                (f"{node.module}.{alias.name}" for alias in node.names)
                if node.module == "xltools" or with_names
                else (node.module,)
            )


def unit(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_imports_point_one_way(path):
    here = unit(path)
    for name in imports(path):
        if not name.startswith("xltools.") or here in {"__init__", "__main__"}:
            continue
        there = name.split(".")[1]
        assert there == here or LEVEL[there] > LEVEL[here], f"{here} imports {there}"


def graph():
    """The modules that each module imports, deferred and type-only imports included."""
    names = {
        ".".join(("xltools", *path.relative_to(PACKAGE).with_suffix("").parts)): path for path in MODULES
    }
    names = {name.removesuffix(".__init__"): path for name, path in names.items()}
    found = {}
    for name, path in names.items():
        targets = set()
        for whole in imports(path, with_names=True):
            parts = whole.split(".")
            prefixes = (".".join(parts[:count]) for count in range(len(parts), 0, -1))
            targets |= {next((prefix for prefix in prefixes if prefix in names), name)} - {name}
        found[name] = targets
    return found


def test_no_module_imports_itself_through_others():
    edges, done = graph(), set()

    def visit(name, above):
        assert name not in above, " → ".join([*above[above.index(name) :], name])
        if name not in done:
            for target in sorted(edges[name]):
                visit(target, [*above, name])
            done.add(name)

    for name in sorted(edges):
        visit(name, [])


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_each_library_is_used_only_where_it_is_allowed(path):
    place = path.relative_to(PACKAGE).as_posix()
    for name in imports(path):
        if allowed := ALLOWED.get(name.partition(".")[0]):
            assert place.startswith(allowed), f"{place} imports {name}"


def test_writer_and_reader_do_not_know_each_other():
    for path in (PACKAGE / "excel").rglob("*.py"):
        for name in imports(path):
            if "reader" in path.parts:
                assert "writer" not in name
            if "writer" in path.parts:
                assert "reader" not in name
                assert "scan" not in name
    for path in (PACKAGE / "document").rglob("*.py"):
        other = "writer" if "reader" in path.parts else "reader"
        assert not any(name.startswith(f"xltools.document.{other}") for name in imports(path)), path


def test_only_the_command_line_prints():
    for path in MODULES:
        if unit(path) != "cli":
            text = path.read_text(encoding="utf-8")
            assert not re.search(
                r"\bprint\(|sys\.exit|sys\.std", text.replace("def print(", "").replace(".print(", "")
            ), path


def test_one_module_prints():
    """Others would print to a terminal what commands it, and to a pipe what is for a terminal."""
    for path in (PACKAGE / "cli").rglob("*.py"):
        if path.name != "output.py":
            text = path.read_text(encoding="utf-8")
            assert not re.search(
                r"\bprint\(|click\.(s?echo|style|progressbar|echo_via_pager)|sys\.std\w+\.write", text
            ), path


def test_no_chinese_in_logic():
    """Words for people are in catalogues and forms. What is left is named here, with its reason."""
    reasons = {
        "data/record.py": "（",  # an agency's name with its code, the same in both languages
        "checking/collection.py": "（、",
        "data/roster.py": None,  # the heads of columns that a roster may have
        "report/delimited.py": "＝＋－＠﹦﹢﹣﹫",  # signs that a spreadsheet takes for = + - @
        "collection/settings.py": None,  # and a list of waivers
        "prose/filling.py": "｛｝",  # braces, as a Chinese keyboard gives them
        "form/wording.py": "｛｝＝＞＜",
        "form/relation.py": "＝＞＜",  # the signs of relations in print
        "excel/live_checks.py": "？！",  # how the results of checks begin
        "document/manuscript.py": "＃",
        "document/other_unit.py": "单位",  # before a unit in labels
        "document/reader/__init__.py": "单位金额数量计",  # a line that says in which unit a table is
        "form/units.py": None,  # 万 and the others by which units differ
        "document/publishing.py": "【】",  # around gaps
        "data/typed_numbers.py": None,  # words that clerks type where a number belongs
        "prose/lines.py": None,  # what labels have beside their names
        "prose/quantities.py": None,  # numerals and counters
        "prose/sentences.py": None,  # the grammar of reports
        "excel/number_format.py": None,  # the formats of the Chinese edition, and the days of the week that it shows
        "excel/colours.py": None,  # colours in formats of the Chinese edition
        "excel/reader/shown.py": "元",  # of amounts
        "excel/reader/figures.py": None,  # numerals and counters
        "excel/reader/unit_words.py": None,  # how units are said
        "office/runs.py": "．，",  # parts of a number of full width
        "white_space.py": None,  # letters that are not seen
        "excel/reader/lists.py": None,  # what people write below a list
        "witness/lists.py": None,  # the same, found again
        "form/kinds.py": None,  # how clerks write yes, no, dates and ticks
        "form/code_files.py": None,  # the heads of columns that a list of codes may have
        "form/labels.py": None,  # Chinese numerals in front of labels, quotation marks
        "document/reader/title.py": None,  # how titles of reports are made
        "document/reader/form_labels.py": "上下本前后去今不未无非已／",  # characters that turn the meaning of a label
        "document/reader/opening.py": None,  # how pages are numbered
        # the ends of sentences, numbers of headings, and those of pages
        "office/sandbox_pdf.py": "。！？；：一二三四五六七八九十、（）．第页－～",
        "document/reader/rows.py": "０９．）］〕［〔＊／",  # figures of full width, and how notes are marked
        "document/reader/plain_text.py": "０９，．—\u3000｜",
        "document/reader/passages.py": None,  # what web sites put below an article
        "form/places.py": None,  # names of sheets, which are addresses
        "excel/writer/canvas.py": "宋体黑体仿宋方正小标宋",  # names of fonts
        "document/writer/word/look.py": None,  # names of fonts and of styles
        "document/official.py": "；",
        "document/charting.py": "；",
        "data/notes.py": "＋－＝\u3000",  # a sum in words, and how a line stands in
        "excel/writer/notes.py": "\u3000",
        "excel/writer/section.py": "\u3000",  # between those who sign
        "excel/marking/styles.py": "宋体黑体",
        "cli/help.py": "【】《》「」；！？",  # marks that begin or end no line
        "desk/screens.py": "【】",  # around gaps
        "toml_tables.py": "‘’＝［］【】年月日",  # what people write in place of TOML
        "witness/form.py": "封面是否序号",  # the cover, and what the cells of its fields hold
        "witness/given.py": None,  # the heads of columns of the issuer's file
        "witness/workbook.py": "各单位数据",
        "witness/agreement.py": "各单位数据",  # the sheet of a roll-up that holds its rows
    }
    for path in MODULES:
        place = path.relative_to(PACKAGE).as_posix()
        allowed = reasons.get(place, "")
        if allowed is None:
            continue
        for node in ast.walk(tree(path)):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and not _is_docstring(node, path)
            ):
                found = re.findall(r"[\u2e80-\u9fff\uff00-\uffef]", node.value)
                assert not set(found) - set(allowed + "、（）：，。“”„▸›"), (place, node.value)


def _is_docstring(node, path):
    return f'"""{node.value}' in path.read_text(encoding="utf-8") or "\n" in node.value


def test_catalogues_have_the_same_keys_and_facts():
    one, other = (
        tomllib.loads((PACKAGE / "text" / f"{lang}.toml").read_text(encoding="utf-8")) for lang in LANGS
    )
    assert {s: list(keys) for s, keys in one.items()} == {s: list(keys) for s, keys in other.items()}
    for section, sentences in one.items():
        for key, sentence in sentences.items():
            facts = [set(re.findall(r"\{(\w+)[}:]", text)) for text in (sentence, other[section][key])]
            assert facts[0] == facts[1], (section, key, facts)


def test_every_code_has_its_words_with_the_same_facts_in_both_languages():
    orders = [finding_code(code).order for code in SEVERITY]
    assert len(set(orders)) == len(orders)
    for code in SEVERITY:
        zh, en = (finding_text(code, lang) for lang in LANGS)
        for field in ("message", "message_for_many", "advice"):
            facts = [set(re.findall(r"\{(\w+)[}:]", getattr(text, field))) for text in (zh, en)]
            assert facts[0] == facts[1], (code, field)
        assert zh.message
        assert en.message
        assert bool(zh.message_for_many) == bool(en.message_for_many), code


def test_every_problem_that_can_be_raised_has_its_words():
    raised = set()
    for path in MODULES:
        raised |= set(
            re.findall(
                r'(?:Problem|WordingError|ConditionError|InvalidValueError)\(\s*"([a-z0-9-]+)"',
                path.read_text(encoding="utf-8"),
            )
        )
    raised |= {
        *("unknown-level", "fixed-level", "fixed-waiver", "not-above-zero", "unknown-code", "waiver-blank"),
        *("not-a-sum", "not-a-condition", "bad-factor", "names-multiplied", "factor-without-name"),
        "repeated-key",
        "repeated-label",
        "repeated-sheet",
        "repeated-cell",
        "repeated-in-rule",
        "defect",
        "interrupted",
        "cannot-print",
    }
    raised |= {one.problem for one in withdrawn.TABLE}
    assert raised == set(catalog("en").keys("problem"))


def test_every_public_thing_says_what_it_is():
    for path in MODULES:
        assert ast.get_docstring(tree(path)), path


def test_names_of_the_interface_are_stable():
    import xltools

    for _ in range(2):
        public = {name: getattr(xltools, name) for name in xltools.__all__}
        assert public.pop("Filing") == xltools.RefusedFile | xltools.Return
        assert all(map(callable, public.values()))


@pytest.mark.parametrize(
    "command", [["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy"]], ids=" ".join
)
def test_the_tools_are_clean(command):
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_scripts_are_clean():
    linter = ROOT / "build/npm/node_modules/.bin/oxlint"
    if not (linter.exists() and shutil.which("node")):
        (pytest.fail if os.environ.get("CI") else pytest.skip)("oxlint is not installed (make validator)")
    done = subprocess.run([linter, "src", "page"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_nothing_names_a_registry_or_a_machine():
    """Nor does a lock file with hosts get in by accident."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a checkout")
    assert "uv.lock" not in listed.stdout.split()
    bad = re.compile("py" + r"pi\.org|python" + r"hosted|npm" + r"js\.")
    for name in listed.stdout.splitlines():
        path = ROOT / name.strip('"')
        if path.suffix in {".py", ".md", ".toml", ".txt", ".sh", ""} and path.is_file():
            assert not bad.search(path.read_text(encoding="utf-8")), name
