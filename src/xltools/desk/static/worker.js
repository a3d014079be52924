"use strict";
// Python in a worker of the page, so that the page stays alive. It gets the parts of the page as text, starts Pyodide out of
// memory, and answers one request after the other. No address is ever asked for.

// Chromium starts no module worker from a page on the disk, and Pyodide refuses a classic one, which it knows by
// importScripts. A classic worker can import() all the same; so that function is hidden.
self.importScripts = () => { throw new TypeError("hidden"); };

const plain = Uint8Array.fromBase64
  ? (text) => Uint8Array.fromBase64(text)
  : (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0)); // browsers before 2025
const unpacked = (text) => new Blob([plain(text)]).stream().pipeThrough(new DecompressionStream("gzip"));
const bytes = async (text) => new Uint8Array(await new Response(unpacked(text)).arrayBuffer());
const module = async (text) => import(URL.createObjectURL(new Blob([await bytes(text)], { type: "text/javascript" })));
const started = (share) => postMessage({ share });

let python, desk;
async function start({ parts, about, kept }) {
  const memory = {
    "pyodide.asm.wasm": () => new Response(unpacked(parts.wasm), { headers: { "content-type": "application/wasm" } }),
    "python_stdlib.zip": () => new Response(unpacked(parts.stdlib)),
  };
  self.fetch = async (what) => {
    const name = String(what.url ?? what).split("/").pop();
    if (!memory[name]) throw new TypeError(`nothing is fetched here: ${name}`);
    return memory[name]();
  };
  started(0.05);
  const [core, api] = await Promise.all([module(parts.core), module(parts.api)]);
  started(0.2);
  const info = { abi_version: about.abi, arch: "wasm32", platform: "emscripten", python: about.python };
  python = await api.loadPyodide({
    createPyodideModule: core.default,
    lockFileContents: { info, packages: {} },
    indexURL: "memory://here/",
    fullStdLib: false,
    env: { HOME: "/home/pyodide", LANG: "zh_CN.UTF-8", LOGNAME: "", USER: "" }, // nobody is known here: the desk asks who accepts
  });
  started(0.7);
  python.unpackArchive(await bytes(parts.site), "zip", { extractDir: "/lib/tool" });
  python.FS.mkdirTree("/collection");
  const shipped = Object.entries(about.files).map(([name, text]) => [name, plain(text)]);
  for (const [name, content] of kept ?? shipped) {
    const path = `/collection/${name}`;
    python.FS.mkdirTree(path.slice(0, path.lastIndexOf("/")));
    python.FS.writeFile(path, content);
  }
  started(0.8);
  python.globals.set("told", (done, count) => postMessage({ told: [done, count] }));
  python.globals.set("about", python.toPy({ lang: about.lang, is_check: about.isCheck }));
  desk = python.runPython(`
import os, sys
sys.path.insert(0, "/lib/tool")
os.chdir("/collection")
os.makedirs("inbox", exist_ok=True)
from xltools.desk.in_page import InPage
InPage(about["lang"], is_check=about["is_check"], told=told)`);
  started(1);
}

// Files are read and handed over one after the other, so that few of them are in memory twice.
function* each(files) {
  const reader = new FileReaderSync();
  for (const file of files) {
    const pair = python.toPy([file.name, reader.readAsArrayBuffer(file)]);
    yield pair;
    pair.destroy();
  }
}

function answered({ id, target, fields, files }) {
  const given = python.toPy(fields ?? undefined); // undefined is None
  const found = desk.answer(target, given, files ? each(files) : undefined);
  const [status, name, body] = found.toJs();
  const changes = desk.changes(), changed = [];
  for (const one of changes) {
    changed.push(one.toJs());
    one.destroy();
  }
  for (const one of [given, found, changes]) one?.destroy?.();
  postMessage({ id, status, name, body, changed }, changed.flatMap(([, content]) => (content ? [content.buffer] : [])));
}

let queue = Promise.resolve(); // one request at a time
onmessage = ({ data }) => {
  queue = queue.then(async () => {
    try {
      if (data.parts) await start(data); else answered(data);
    } catch (error) {
      postMessage({ id: data.id, failed: String(error) });
    }
  });
};
