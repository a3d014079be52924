"use strict";
// Answers the desk by asking the server from which this page came.
const host = (() => {
  if (location.pathname !== "/") history.replaceState(null, "", `/${location.hash}`); // the token leaves the address
  // It is handed over once. What keeps it knows the port, unlike a cookie, so that no other program of this computer gets it.
  if (document.body.dataset.token) localStorage.setItem("token", document.body.dataset.token);
  const known = { "X-Token": localStorage.getItem("token") ?? "" };
  const random = () => [...crypto.getRandomValues(new Uint8Array(8))].map((n) => n.toString(16).padStart(2, "0")).join("");

  async function answered(response) {
    if (response.status === 403) throw new Error(403); // another run of the desk, which knows nothing of this window
    const name = /filename\*=UTF-8''(.*)/.exec(response.headers.get("content-disposition") ?? "");
    return { status: response.status, name: name ? decodeURIComponent(name[1]) : "", body: await response.blob() };
  }
  let run = ""; // the name of the last request, by which it can be ended
  const cancel = () => fetch(`/cancel?${new URLSearchParams({ run })}`, { method: "POST", headers: known });

  // Asks how far the work is that takes long.
  function watched(told) {
    const timer = setInterval(async () => {
      const response = await fetch("/progress", { headers: known }).catch(() => null); // the request itself says that nobody answers
      const found = response?.ok ? await response.json() : { count: 0 };
      if (found.count) told(found.done, found.count);
    }, 500);
    return () => clearInterval(timer);
  }
  async function ask(target, fields, files, told) {
    const body = fields && new URLSearchParams(fields), headers = { ...known, "X-Run": run = random() };
    if (files) {
      const batch = random();
      body.set("batch", batch);
      body.set("sent", files.length);
      for (const [place, file] of files.entries()) {
        const query = new URLSearchParams({ name: file.name, target });
        const response = await fetch(`/arrive/${batch}?${query}`, { method: "POST", body: file, headers: known });
        if (!response.ok) return answered(response);
        told(place + 1, files.length);
      }
    }
    const done = watched(told);
    try { return await answered(await fetch(target, { method: body ? "POST" : "GET", body, headers })); } finally { done(); }
  }
  return { ask, cancel, ready: Promise.resolve(), isAlone: false };
})();
