"""Mutants of the program: does the second reader notice that a published figure changed?

Each mutant is the program with one small change at a place chosen at random. It merges a small collection and publishes
its report. Where a figure comes out wrong and the program itself notices nothing, the same mutant is run with
``--witness``, which must refuse. Run as a script it prints a line for each such mutant; ``docs/rollup.md`` has
the list.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import copy
import importlib.abc
import importlib.util
import io
import json
import multiprocessing
import multiprocessing.pool
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import openpyxl

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "xltools"
AREAS = {
    "scanner": ["excel/scan/*.py"],
    "locating": ["excel/reader/locate.py", "excel/reader/sheets.py", "form/layout.py"],
    "numbers": [
        "data/number.py",
        "data/typed_numbers.py",
        "excel/reader/inputs.py",
        "excel/reader/reading.py",
        "form/linear.py",
    ],
    "adding": ["data/record.py", "data/rollup.py", "collection/merging.py"],
    "rows": [
        "excel/writer/rollup.py",
        "excel/writer/section.py",
        "excel/writer/content.py",
        "excel/live_checks.py",
    ],
    "publishing": [
        "document/official.py",
        "document/publishing.py",
        "document/pages.py",
        "document/writer/as_html.py",
    ],
}
# Most mutants of reading are refused by the checks, so more of them are made where figures are added and written.
_WEIGHTS = {"scanner": 1, "locating": 2, "numbers": 1, "adding": 3, "rows": 2, "publishing": 3}
_COMPARED = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
_COMPUTED = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
}
_RENAMED = {"min": "max", "max": "min", "any": "all", "all": "any", "add": "subtract", "subtract": "add"}
_SECONDS = 60


class Mutant(NamedTuple):
    """One change: the area and module, the line, what stood there and what stands there now, and the whole source."""

    area: str
    module: str
    line: int
    before: str
    after: str
    source: str


def mutants(area: str, count: int, rng: random.Random, lines: dict[str, set[int]]) -> list[Mutant]:
    """So many different mutants of an area, at places that run when a collection is merged and published."""
    places = [
        (path, index)
        for path in _modules(area)
        for index, (parent, field, place, _) in enumerate(_changes(path))
        if _line(parent, field, place) in lines.get(str(path), ())
    ]
    chosen = rng.sample(places, min(count, len(places)))
    return [_mutant(area, path, index) for path, index in chosen]


def _modules(area: str) -> list[Path]:
    found = {pattern: list(PACKAGE.glob(pattern)) for pattern in AREAS[area]}
    assert all(found.values()), f"an area of the mutants names a module that is not there: {found}"
    return sorted(path for paths in found.values() for path in paths)


def _mutant(area: str, path: Path, index: int) -> Mutant:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    parent, field, place, new = _found(tree)[index]
    old = getattr(parent, field) if place is None else getattr(parent, field)[place]
    before, line = ast.unparse(old), _line(parent, field, place)
    if place is None:
        setattr(parent, field, new)
    else:
        getattr(parent, field)[place] = new
    after = ast.unparse(new) if new is not None else ""
    module = "xltools." + ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
    source = ast.unparse(ast.fix_missing_locations(tree))
    return Mutant(area, module.removesuffix(".__init__"), line, before, after, source)


def _line(parent: ast.AST, field: str, place: int | None) -> int:
    old = getattr(parent, field) if place is None else getattr(parent, field)[place]
    return (
        getattr(old, "lineno", None) or getattr(parent, "lineno", None) or getattr(old, "target", old).lineno
    )


def _changes(path: Path):
    return _found(ast.parse(path.read_text(encoding="utf-8")))


def _found(tree: ast.Module) -> list[tuple[ast.AST, str, int | None, ast.AST]]:
    """Every change that can be made in the functions of a module: where a node hangs, and what takes its place."""
    found = []
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            names = _locals(function)
            for parent in ast.walk(function):
                for field, value in ast.iter_fields(parent):
                    if field in {"annotation", "returns", "decorator_list", "args"} and parent is function:
                        continue
                    nodes = enumerate(value) if isinstance(value, list) else [(None, value)]
                    for place, node in nodes:
                        if isinstance(node, ast.AST):
                            found += [(parent, field, place, new) for new in _instead(node, names)]
    return found


def _locals(function: ast.FunctionDef) -> list[str]:
    """The names that a function binds, its arguments included."""
    bound = {
        node.id
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    return sorted(bound | {argument.arg for argument in function.args.args + function.args.kwonlyargs})


def _instead(node: ast.AST, names: list[str]) -> Iterator[ast.AST]:  # noqa: C901, PLR0912  one branch for each kind of change
    new = copy.deepcopy(node)
    if isinstance(new, ast.Compare) and type(new.ops[0]) in _COMPARED:
        new.ops[0] = _COMPARED[type(new.ops[0])]()
        yield new
    elif isinstance(new, ast.BinOp) and type(new.op) in _COMPUTED:
        new.op = _COMPUTED[type(new.op)]()
        yield new
    elif isinstance(new, ast.BoolOp):
        new.op = ast.Or() if isinstance(new.op, ast.And) else ast.And()
        yield new
    elif isinstance(new, ast.UnaryOp) and isinstance(new.op, ast.Not):
        yield new.operand
    elif isinstance(new, ast.Constant) and type(new.value) is bool:
        yield ast.copy_location(ast.Constant(not new.value), node)
    elif isinstance(new, ast.Constant) and type(new.value) is int:
        yield ast.copy_location(ast.Constant(new.value + 1), node)
    elif isinstance(new, ast.If | ast.IfExp | ast.While):
        new.test = ast.UnaryOp(ast.Not(), new.test)
        yield new
    elif isinstance(new, ast.comprehension) and new.ifs:
        new.ifs = new.ifs[1:]
        yield new
    elif isinstance(new, ast.Call):
        if isinstance(new.func, ast.Name) and new.func.id in _RENAMED:
            new.func.id = _RENAMED[new.func.id]
            yield new
        elif len(new.args) > 1 and not any(isinstance(one, ast.Starred) for one in new.args):
            new.args[0], new.args[1] = new.args[1], new.args[0]
            yield new
    elif isinstance(new, ast.AugAssign) or (isinstance(new, ast.Expr) and isinstance(new.value, ast.Call)):
        yield ast.copy_location(ast.Pass(), node)
    elif isinstance(new, ast.Return) and new.value is not None:
        new.value = ast.BinOp(new.value, ast.Add(), ast.Constant(1))
        yield new
    elif isinstance(new, ast.Name) and isinstance(new.ctx, ast.Load) and new.id in names and len(names) > 1:
        new.id = names[names.index(new.id) - 1]  # another variable of the function
        yield new
    elif isinstance(new, ast.Attribute) and new.attr in _RENAMED:
        new.attr = _RENAMED[new.attr]
        yield new


class _Loader(importlib.abc.MetaPathFinder, importlib.abc.SourceLoader):
    """Gives the mutated source for one module."""

    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant

    def find_spec(self, name, path, target=None):
        if name != self._mutant.module:
            return None
        file = PACKAGE.joinpath(*name.split(".")[1:])
        is_package = file.is_dir()
        file = file / "__init__.py" if is_package else file.with_suffix(".py")
        return importlib.util.spec_from_file_location(
            name, file, loader=self, submodule_search_locations=[str(file.parent)] if is_package else None
        )

    def get_filename(self, name):
        return f"<mutant of {name}>"

    def get_data(self, path):
        return self._mutant.source.encode()

    def path_stats(self, path):
        raise OSError  # nothing is cached


def collection(folder: Path) -> None:
    """A collection whose returns are read in several ways, with a text for the report; made by the sound program."""
    sys.path[:0] = [str(ROOT / "samples")]
    names = sorted((ROOT / "samples" / "clean").glob("*.xlsx"))[:6]
    run = [sys.executable, "-m", "xltools"]
    roster = "代码,单位\n" + "".join("{},{}\n".format(*path.stem.split("_")[:2]) for path in names)
    (folder / "names.csv").write_text(roster, encoding="utf-8")
    init = [*run, "init", "2024", "--year", "2024", "--district", "青禾区", "--roster", "names.csv"]
    subprocess.run(init, cwd=folder, check=True, capture_output=True)
    home, changes = folder / "2024", _changed_by_programs()
    for path, change in zip(names, changes, strict=True):
        (home / "inbox" / path.name).write_bytes(change(path.read_bytes()))
    for command in (["merge"], ["publish", "--starter"]):
        subprocess.run([*run, *command], cwd=home, check=True, capture_output=True)
    text = (home / "text.md").read_text(encoding="utf-8")
    (home / "text.md").write_text(re.sub("【[^】]*】", "（略）", text), encoding="utf-8")
    (home / "district.xlsx").unlink()


def _changed_by_programs():
    """What happened to each return on its way: most are as issued, one was saved by openpyxl, two were moved about."""
    import clerk

    def saved(content: bytes) -> bytes:
        out = io.BytesIO()
        openpyxl.load_workbook(io.BytesIO(content)).save(out)
        return out.getvalue()

    def same(content: bytes) -> bytes:
        return content

    return (
        same,
        saved,
        lambda content: clerk.with_row_inserted(content, "三、依申请公开", 3),
        clerk.without_names,
        same,
        same,
    )


class Rollup(NamedTuple):
    """What a roll-up shows: the figures at their places in the sound one, and the rows that are not blank."""

    figures: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def is_wrong(self, sound: Rollup) -> bool:
        """Whether a figure is another one, and not only the whole table at another place of its sheet."""
        return self.figures != sound.figures and self.rows != sound.rows


class Run(NamedTuple):
    """What came out of a mutant, in the roll-up and in the report; none where nothing was written."""

    rollup: Rollup | None
    report: tuple[str, ...] | None

    def is_rollup_wrong(self, sound: Run) -> bool:
        """Whether a roll-up was written in which a figure is wrong."""
        return self.rollup is not None and sound.rollup is not None and self.rollup.is_wrong(sound.rollup)

    def kind(self, sound: Run) -> str:
        """Whether a figure is wrong somewhere: changed, else same; stopped where the mutant wrote no roll-up."""
        if self.is_rollup_wrong(sound) or (self.report is not None and self.report != sound.report):
            return "changed"
        return "stopped" if self.rollup is None else "same"


def _commands(mutant: Mutant | None, home: Path, *commands: list[str]) -> list[tuple[int, str]]:
    """The exit code and the output of each command, run one after the other by a mutant in a process of its own."""
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(mutant, home, commands, sender))
    process.start()
    sender.close()
    found = []
    with contextlib.suppress(EOFError):
        while len(found) < len(commands) and receiver.poll(_SECONDS):
            found.append(receiver.recv())
    process.kill()
    process.join()
    return found + [(3, "")] * (len(commands) - len(found))


def _child(mutant: Mutant | None, home: Path, commands, sender) -> None:
    os.chdir(home)
    os.environ["PATH"] = ""  # LibreOffice is another witness
    sys.path.insert(0, str(PACKAGE.parent))
    for name in [name for name in sys.modules if name.partition(".")[0] == "xltools"]:
        del sys.modules[name]  # the parent may have loaded the sound program
    if mutant:
        sys.meta_path.insert(0, _Loader(mutant))
    for command in commands:
        if command == ["lines"]:
            sender.send((0, _traced()))
            continue
        out = io.StringIO()
        code = 3
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            try:
                from xltools.cli import main

                main(command)
            except SystemExit as end:
                code = end.code or 0
            except BaseException:  # noqa: BLE001  a mutant may do anything
                code = 3
        sender.send((code, out.getvalue()[-2000:]))


def _traced() -> dict[str, set[int]]:
    """The lines of the package that run while a collection is merged and published."""
    found: dict[str, set[int]] = {}

    def lines(frame, event, _):
        if event == "line":
            found.setdefault(frame.f_code.co_filename, set()).add(frame.f_lineno)
        return lines

    def calls(frame, *_):
        return lines if str(PACKAGE) in frame.f_code.co_filename else None

    sys.settrace(calls)
    from xltools.cli import main

    for command in (["merge", "--force"], PUBLISH):
        with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):
            main(command)
    sys.settrace(None)
    return found


PUBLISH = ["publish", "-o", "report.html", "--force"]


def run(mutant: Mutant | None, home: Path, addresses: dict[str, tuple[str, str]]) -> Run:
    """Merge and publish, and read what came out without any code of the program."""
    is_published = mutant is None or mutant.area in {"publishing", "locating"}
    commands = [["merge", "--force"], *([PUBLISH] if is_published else [])]
    (merged, _), *rest = _commands(mutant, home, *commands)
    published = rest[0][0] if rest else 3
    return Run(
        None if merged else _of_workbook(home / "district.xlsx", addresses),
        None if published else tuple(_of_page(home / "report.html")),
    )


def _of_workbook(path: Path, addresses: dict[str, tuple[str, str]]) -> Rollup:
    try:
        book = openpyxl.load_workbook(io.BytesIO(path.read_bytes()), data_only=True)
    except Exception:  # noqa: BLE001  no figure can be had of it
        return Rollup((), ())
    figures = (
        str(book[sheet][address].value) if sheet in book.sheetnames else ""
        for sheet, address in addresses.values()
    )
    sheets = {sheet: None for sheet, _ in addresses.values() if sheet in book.sheetnames}
    rows = (
        tuple(str(value) for value in row if value is not None)
        for sheet in sheets
        for row in book[sheet].iter_rows(values_only=True)
    )
    return Rollup(tuple(figures), tuple(filter(None, rows)))


def _of_page(path: Path) -> Iterator[str]:
    page = path.read_text(encoding="utf-8")
    for table in re.findall(r"<table[^>]*>.*?</table>", page, re.DOTALL):
        yield from re.findall(r"<t[dh][^>]*>(-?[0-9.,]+)</t[dh]>", table)


def _addresses(path: Path) -> dict[str, tuple[str, str]]:
    book = openpyxl.load_workbook(path)
    found = {}
    for name, defined in book.defined_names.items():
        if name.count(".") == 2:  # section, row and column: a figure, and no text or stamp
            sheet, _, address = defined.attr_text.rpartition("!")
            found[name] = sheet.strip("'"), address.replace("$", "")
    return found


class Outcome(NamedTuple):
    """What became of a mutant: stopped, same figures, or changed; and whether anything noticed."""

    mutant: Mutant
    kind: str  # stopped, same, changed
    is_found: bool = False
    passes_others: bool = False


def outcome(mutant: Mutant, home: Path, sound: Run, addresses: dict[str, tuple[str, str]]) -> Outcome:
    """Run one mutant; where its figures are wrong, run it again with the second reader and with every other check."""
    for name in ("district.xlsx", "district.manifest.json", "report.html"):
        (home / name).unlink(missing_ok=True)
    got = run(mutant, home, addresses)
    kind = got.kind(sound)
    if kind != "changed":
        return Outcome(mutant, kind)
    checks = _commands(mutant, home, ["merge", "--check", "district.xlsx"], ["verify", "district.xlsx"])
    second = _commands(mutant, home, ["merge", "--force", "--witness"], [*PUBLISH, "--witness"])
    code, _ = second[0] if got.is_rollup_wrong(sound) else second[1]
    return Outcome(mutant, "changed", bool(code), not any(code for code, _ in checks))


def outcomes(count: int, seed: int) -> list[Outcome]:
    """The outcome of *count* mutants, as many of each area, chosen by *seed*."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        collection(folder)
        home = folder / "2024"
        _commands(None, home, ["merge", "--force"])
        ((_, lines),) = _commands(None, home, ["lines"])
        rng = random.Random(seed)
        share = count / sum(_WEIGHTS.values())
        chosen = [
            m for area, weight in _WEIGHTS.items() for m in mutants(area, int(share * weight), rng, lines)
        ]
        rng.shuffle(chosen)
        addresses = _addresses(home / "district.xlsx")
        sound = run(None, home, addresses)
        assert sound.rollup is not None
        assert sound.report is not None
        assert all(code == 0 for code, _ in _commands(None, home, ["merge", "--force", "--witness"]))
        workers = os.cpu_count() or 1
        homes = [Path(shutil.copytree(home, folder / f"copy{index}")) for index in range(workers)]
        with multiprocessing.pool.ThreadPool(workers) as pool:
            parts = pool.starmap(
                lambda index, own: [outcome(m, own, sound, addresses) for m in chosen[index::workers]],
                enumerate(homes),
            )
    return [one for part in parts for one in part]


def described(found: list[Outcome]) -> str:
    """A Markdown table of the mutants that changed a figure."""
    lines = [
        "| module | line | was | became | found | passes every other check |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for one in sorted(found, key=lambda o: (o.mutant.module, o.mutant.line, o.mutant.after)):
        if one.kind == "changed":
            was, became = (
                " ".join(t.split()).replace("|", "\\|")[:70] for t in (one.mutant.before, one.mutant.after)
            )
            flags = ("yes" if flag else "no" for flag in (one.is_found, one.passes_others))
            cells = (
                one.mutant.module.removeprefix("xltools."),
                one.mutant.line,
                f"`{was}`",
                f"`{became}`",
                *flags,
            )
            lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def main() -> None:
    """Run as many mutants as asked for and print what became of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=240)
    parser.add_argument("--seed", type=int, default=15)
    options = parser.parse_args()
    found = outcomes(options.count, options.seed)
    print(described(found))
    print(json.dumps(Counter(one.kind for one in found)))
    changed = [one for one in found if one.kind == "changed"]
    print(
        f"found {sum(o.is_found for o in changed)} of {len(changed)}; {sum(o.passes_others for o in changed)} pass every other check"
    )


if __name__ == "__main__":
    main()
