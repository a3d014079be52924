"use strict";
// Answers the desk from inside of the page: Python in a worker does the work, over a folder that the browser keeps.
const host = (() => {
  const take = (id) => { const part = document.getElementById(`part-${id}`); const text = part.textContent; part.remove(); return text; };
  const about = JSON.parse(take("about"));
  const bar = document.getElementById("starting");
  const waiting = new Map();
  let count = 0, isReady, toldNow = () => {};

  function failed(reason) {
    const line = document.getElementById("failed");
    if (!line) return;
    for (const one of line.parentElement.children) one.hidden = one !== line; // it is not starting any more
    line.textContent += ` (${reason})`;
  }

  // -- the folder, kept between two openings of the page; all pages from the disk may share one storage, so it has the page's name

  const isKept = !about.isCheck;
  const settled = (request) => new Promise((done, refused) => { request.onsuccess = () => done(request.result); request.onerror = () => refused(request.error); });
  const opened = async () => {
    const request = indexedDB.open(own, 1);
    request.onupgradeneeded = () => request.result.createObjectStore("files");
    return settled(request);
  };
  let isSaved = true, saving = Promise.resolve(), left = 0; // whether the browser has, or gets, what was done
  const notKept = () => { isSaved = false; document.getElementById("not-kept").hidden = false; };
  async function kept() {
    if (!isKept) return null;
    try {
      const store = (await opened()).transaction("files").objectStore("files");
      const [names, contents] = await Promise.all([settled(store.getAllKeys()), settled(store.getAll())]);
      return names.length ? names.map((name, place) => [name, contents[place]]) : null;
    } catch { notKept(); return null; }
  }
  async function keep(changed) {
    try {
      const change = (await opened()).transaction("files", "readwrite"), store = change.objectStore("files");
      for (const [name, content] of changed) if (content) store.put(content, name); else store.delete(name);
      await new Promise((done, refused) => { change.oncomplete = done; change.onerror = change.onabort = refused; });
    } catch { notKept(); }
  }
  function keepLater(changed) {
    if (!isKept || !changed.length) return;
    left += 1;
    saving = saving.then(() => keep(changed)).then(() => { left -= 1; });
  }
  addEventListener("beforeunload", (event) => { if (waiting.size || left || !isSaved) event.preventDefault(); });

  // Two tabs over one folder would overwrite each other: the second says so, and waits until the first is closed.
  const own = `xltools ${location.pathname}`;
  const held = (done) => { done(); return new Promise(() => {}); }; // until the tab is closed
  const alone = () => new Promise((done) => {
    if (!isKept || !navigator.locks) { done(); return; }
    navigator.locks.request(own, { ifAvailable: true }, (lock) => {
      if (lock) return held(done);
      const line = document.getElementById("second");
      line.hidden = false;
      navigator.locks.request(own, () => { line.hidden = true; return held(done); });
      return null;
    }).catch(done);
  });
  // Forgets the folder, for a computer that others use too.
  async function clear() {
    await saving;
    const change = (await opened()).transaction("files", "readwrite");
    change.objectStore("files").clear();
    await new Promise((done) => { change.oncomplete = done; });
  }

  // -- the worker

  // Python cannot be interrupted, so it ends, and begins again with what was kept.
  let running = null;
  async function cancel() {
    running?.terminate();
    waiting.clear();
    await saving;
    location.reload();
  }

  const ready = new Promise((done) => { isReady = done; });
  (async () => {
    await alone();
    const parts = {};
    for (const name of ["wasm", "core", "api", "stdlib", "site"]) parts[name] = take(name);
    let worker;
    try {
      if (typeof DecompressionStream === "undefined") throw new Error("DecompressionStream");
      running = worker = new Worker(URL.createObjectURL(new Blob([take("worker")], { type: "text/javascript" })));
    } catch (error) { failed(error.message); return; }
    worker.onerror = (event) => failed(event.message);
    worker.onmessage = ({ data }) => {
      if (data.share !== undefined) { bar.value = data.share; if (data.share === 1) isReady(worker); }
      else if (data.told) toldNow(...data.told);
      else if (data.failed && !waiting.has(data.id)) failed(data.failed);
      else {
        waiting.get(data.id)(data);
        waiting.delete(data.id);
        if (data.changed) keepLater(data.changed);
      }
    };
    worker.postMessage({ parts, about, kept: await kept() });
  })();

  async function ask(target, fields, files, told) {
    const worker = await ready;
    const id = ++count;
    const found = await new Promise((done) => {
      waiting.set(id, done);
      toldNow = told;
      worker.postMessage({ id, target, fields, files }); // the worker reads them
    });
    if (found.failed) throw new Error(found.failed);
    return { status: found.status, name: found.name, body: new Blob([found.body]) };
  }
  return { ask, cancel, ready, clear, isAlone: true };
})();
