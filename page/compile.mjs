// Run by build.py under node, beside the files of Pyodide: in.zip holds sources, out.zip gets their byte code.
import fs from "node:fs";
import { loadPyodide } from "./pyodide.mjs";

// Without the columns of each instruction, which only a traceback shows, byte code is a quarter smaller.
const python = await loadPyodide({ args: ["-X", "no_debug_ranges"] });
python.FS.writeFile("/in.zip", fs.readFileSync("in.zip"));
python.runPython(`
import zipfile
from importlib._bootstrap_external import _code_to_timestamp_pyc

with zipfile.ZipFile("/in.zip") as sources, zipfile.ZipFile("/out.zip", "w") as made:
    for name in sources.namelist():
        data = sources.read(name)
        if name.endswith(".py"):
            code = compile(data, name.split("/", 1)[1], "exec", dont_inherit=True, optimize=2)
            data, name = bytes(_code_to_timestamp_pyc(code)), name + "c"
        made.writestr(zipfile.ZipInfo(name), data)
`);
fs.writeFileSync("out.zip", python.FS.readFile("/out.zip"));
