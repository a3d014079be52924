"use strict";
// The desk in the browser: asks for screens, sends forms and files, and gives files to save. A host, which the page loads
// before this script, answers: host.ask(target, fields, files, told) gives { status, name, body }, and host.cancel() ends it.
(() => {
  const app = document.getElementById("app");
  const byId = (id) => document.getElementById(id);
  let asked = 0; // the answer to an older question than the last is not shown

  // -- what is going on

  function working(share, words) {
    const bar = byId("progress");
    if (!bar) return;
    bar.hidden = byId("cancel").hidden = share === null;
    if (share === true) bar.removeAttribute("value");
    else if (share !== null) bar.value = share;
    say(share === null ? "" : words);
  }
  const say = (words) => { byId("state").querySelector("span").textContent = words; };
  const words = (key) => (byId("top") ?? document.body).dataset[key] ?? ""; // before the first answer there is no frame
  function told(done, count) {
    working(count ? done / count : true, words("doneOf").replace("{done}", done).replace("{count}", count));
  }

  async function ask(target, fields, files) {
    const timer = setTimeout(() => working(true, words("working")), 200);
    byId("main")?.setAttribute("aria-busy", "true");
    try {
      return await host.ask(target, fields, files, (done, count) => { clearTimeout(timer); told(done, count); });
    } catch (error) {
      const line = document.createElement("p");
      line.className = "problem";
      line.setAttribute("role", "alert");
      line.textContent = `${words("lost")} (${error.message})`;
      (byId("main") ?? app).prepend(line);
      throw error;
    } finally {
      clearTimeout(timer);
      working(null);
      byId("main")?.setAttribute("aria-busy", "false");
    }
  }

  // -- screens

  const UNDER = { agency: "board", figure: "rollup", preview: "report" }; // the page from which each of these is reached
  async function show(answer, { keepsPlace = false } = {}) {
    const main = byId("main"), place = window.scrollY;
    main.innerHTML = await answer.body.text();
    document.documentElement.lang = words("lang");
    document.title = [main.querySelector("h1")?.textContent, words("title")].filter(Boolean).join(" · ");
    const here = location.hash.split("?")[0], within = `#/${UNDER[here.split("/")[1]]}`;
    for (const link of app.querySelectorAll("nav a")) {
      if (link.hash === here || link.hash === within) link.setAttribute("aria-current", link.hash === here ? "page" : "true");
      else link.removeAttribute("aria-current");
    }
    for (const form of main.querySelectorAll("form[data-filter]")) readFilter(form);
    for (const button of main.querySelectorAll("[data-folder]")) button.hidden = !canSaveInFolder();
    if (keepsPlace) window.scrollTo(0, place);
    else { window.scrollTo(0, 0); main.focus({ preventScroll: true }); }
  }
  async function go(settings) {
    const mine = ++asked;
    const answer = await ask(location.hash.slice(1), null, null);
    if (mine === asked) await show(answer, settings);
  }
  const start = () => `#/${byId("top").dataset.start}`;
  const isScreen = () => location.hash.startsWith("#/");

  async function begin(answer) {
    app.innerHTML = await answer.body.text();
    if (isScreen()) await go();
    else location.replace(start());
  }

  // -- the filter of a table; it is kept in the address, so that a reload keeps it

  function readFilter(form) {
    const wanted = new URLSearchParams(location.hash.split("?")[1] ?? "");
    for (const field of form.elements) if (field.name) field.value = wanted.get(field.name) ?? "";
    filter(form);
  }
  function filter(form) {
    const rows = [...byId(form.dataset.filter).querySelectorAll("tr[data-name]")];
    const name = form.elements.name.value.trim().toLowerCase(), state = form.elements.state.value;
    for (const row of rows) {
      const isNamed = row.dataset.name.toLowerCase().includes(name);
      row.hidden = !(isNamed && (state === "" || row.dataset.states.split(" ").includes(state)));
    }
    const output = form.querySelector("output");
    const shown = rows.filter((row) => !row.hidden).length;
    output.textContent = output.dataset.text.replace("{shown}", shown).replace("{all}", rows.length);
  }
  addEventListener("input", (event) => {
    const form = event.target.closest("form[data-filter]");
    if (!form) return;
    filter(form);
    const wanted = [...new FormData(form)].filter(([, value]) => value);
    const rest = wanted.length ? `?${new URLSearchParams(wanted)}` : "";
    history.replaceState(null, "", location.hash.split("?")[0] + rest);
  });

  // -- what is done

  // Files beyond the limits are refused before any of them is read; the host checks them again.
  function isBeyond(files) {
    const { mostFiles, mostBytes } = byId("top").dataset;
    return files.length > mostFiles || files.reduce((sum, file) => sum + file.size, 0) > mostBytes;
  }
  async function send(target, fields, files) {
    asked += 1;
    await show(await (files && isBeyond(files) ? ask("/beyond", fields, null) : ask(target, fields, files)));
  }
  // A text that was typed and not saved is not left without a question.
  const isTyped = () => [...document.querySelectorAll("main textarea")].some((box) => box.value !== box.defaultValue);
  const stays = () => isTyped() && !confirm(words("leave"));
  addEventListener("beforeunload", (event) => { if (isTyped()) event.preventDefault(); });
  addEventListener("submit", (event) => {
    const form = event.target;
    event.preventDefault();
    if (!("ask" in form.dataset) || (!form.querySelector("textarea") && stays())) return;
    const all = [...new FormData(form)];
    const fields = Object.fromEntries(all.filter(([, value]) => typeof value === "string"));
    const files = all.map(([, value]) => value).filter((value) => value instanceof File && value.name);
    const target = form.getAttribute("action");
    if (form.dataset.ask === "shell") ask(target, fields, null).then(begin);
    else send(target, fields, files.length ? files : null);
  });
  function take(files) {
    if (!files.length || stays()) return;
    history.replaceState(null, "", "#/" + (byId("top").querySelector("nav") ? "board" : "check")); // where the answer belongs
    send("/receive", { token: byId("top").dataset.token }, files);
  }
  addEventListener("change", (event) => { if (event.target.id === "choose") take([...event.target.files]); });

  // Folders come as handles where the browser has them; webkitGetAsEntry fails in a page from the disk.
  async function* inside(handle) {
    if (handle.kind === "file") { yield await handle.getFile(); return; }
    for await (const one of handle.values()) yield* inside(one);
  }
  async function dropped(data) {
    const plain = [...data.files];
    const handles = await Promise.all([...data.items].map((item) => item.getAsFileSystemHandle?.()));
    const folders = handles.filter((one) => one?.kind === "directory");
    const found = plain.filter((file) => !folders.some((one) => one.name === file.name));
    for (const folder of folders) for await (const file of inside(folder)) found.push(file);
    return found;
  }
  addEventListener("dragover", (event) => { event.preventDefault(); document.body.classList.add("over"); });
  addEventListener("dragleave", () => document.body.classList.remove("over"));
  addEventListener("drop", async (event) => {
    event.preventDefault();
    document.body.classList.remove("over");
    if (!byId("top")) return;
    const target = event.target.closest?.("input[type=file]"), fields = [...document.querySelectorAll("main input[type=file][accept]")];
    if (target) target.value = "";
    if (fields.length) fill(target ? [target] : fields, [...event.dataTransfer.files]);
    else take(await dropped(event.dataTransfer));
  });
  // Where a collection begins, what is dropped goes into the field for files of its kind.
  function fill(fields, files) {
    for (const file of files) {
      const takes = (field) => field.accept.split(",").some((ending) => file.name.toLowerCase().endsWith(ending)) && (field.multiple || !field.files.length);
      const field = fields.find(takes) ?? fields[0], data = new DataTransfer();
      for (const one of field.multiple ? [...field.files, file] : [file]) data.items.add(one);
      field.files = data.files;
    }
  }

  // -- links

  async function save(target) {
    const answer = await ask(target, null, null);
    if (!answer.name) { await show(answer); return; }
    const address = URL.createObjectURL(answer.body);
    Object.assign(document.createElement("a"), { href: address, download: answer.name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60000);
  }
  // A folder to write into, where the browser has one: the files of a zip go into a new folder inside of it.
  function canSaveInFolder() {
    try { return Boolean(window.showDirectoryPicker && new DecompressionStream("deflate-raw")); } catch { return false; }
  }
  async function* members(zip) {
    const bytes = await zip.arrayBuffer(), data = new DataView(bytes), end = bytes.byteLength - 22; // it has no comment
    let at = data.getUint32(end + 16, true);
    for (let left = data.getUint16(end + 10, true); left; left--) {
      const size = data.getUint32(at + 20, true), local = data.getUint32(at + 42, true);
      const length = (place) => data.getUint16(place, true);
      const name = new TextDecoder().decode(new Uint8Array(bytes, at + 46, length(at + 28)));
      const content = new Uint8Array(bytes, local + 30 + length(local + 26) + length(local + 28), size);
      yield [name.split("/"), new Blob([content]).stream().pipeThrough(new DecompressionStream("deflate-raw"))];
      at += 46 + length(at + 28) + length(at + 30) + length(at + 32);
    }
  }
  async function newFolder(place, name) {
    const taken = new Set();
    for await (const one of place.keys()) taken.add(one);
    let number = 1, free = name;
    while (taken.has(free)) free = `${name}_${++number}`;
    return place.getDirectoryHandle(free, { create: true });
  }
  async function saveInFolder(button) {
    const target = button.dataset.folder;
    let place;
    try { place = await window.showDirectoryPicker({ mode: "readwrite" }); } catch { return; } // nothing was chosen
    const answer = await ask(target, null, null);
    if (!answer.name) { await show(answer); return; }
    const folder = await newFolder(place, answer.name.replace(/\.zip$/, ""));
    for await (const [path, content] of members(answer.body)) {
      let inner = folder;
      for (const part of path.slice(0, -1)) inner = await inner.getDirectoryHandle(part, { create: true });
      const file = await inner.getFileHandle(path.at(-1), { create: true });
      await content.pipeTo(await file.createWritable());
    }
    say(button.dataset.done.replace("{name}", folder.name));
  }
  // Within a screen: opens the folded parts around the target, and moves there.
  function reveal(target) {
    if (target.tagName === "DETAILS") target.open = true;
    for (let fold = target.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    for (const other of document.querySelectorAll(".target")) other.classList.remove("target");
    target.classList.add("target");
    target.scrollIntoView({ block: "center" });
    (target.querySelector("a, summary") ?? target).focus({ preventScroll: true });
  }
  async function copy(button) {
    const box = byId(button.dataset.copy);
    box.select();
    try { await navigator.clipboard.writeText(box.value); } catch { document.execCommand("copy"); }
    say(button.dataset.done);
  }
  addEventListener("click", (event) => {
    const link = event.target.closest("a"), button = event.target.closest("button");
    if (button?.id === "cancel") host.cancel();
    if (button?.dataset.copy) copy(button);
    if (button?.dataset.folder) saveInFolder(button);
    if (button?.dataset.clear && confirm(button.dataset.clear)) host.clear().then(() => location.reload());
    if (!link) return;
    if ("file" in link.dataset) { event.preventDefault(); save(link.dataset.file); return; }
    const to = link.getAttribute("href") ?? "";
    if (!to.startsWith("#")) return;
    if (to.startsWith("#/") && stays()) { event.preventDefault(); return; }
    if (!to.startsWith("#/")) {
      event.preventDefault();
      const target = byId(decodeURIComponent(to.slice(1)));
      if (target) reveal(target);
    } else if (to === location.hash) { event.preventDefault(); go(); }
  });
  addEventListener("hashchange", () => { if (isScreen()) go(); });
  // Another window or a command may have done something meanwhile.
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible" && location.hash.startsWith("#/board") && !host.isAlone) go({ keepsPlace: true });
  });

  host.ready.then(() => ask("/shell", null, null)).then(begin);
})();
