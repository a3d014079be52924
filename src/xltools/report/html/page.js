"use strict";
// Filters the findings, and opens the folded part that a link points to. The page is complete without this script.
(() => {
  const filter = document.getElementById("filter");
  const output = filter.querySelector("output");
  const sections = [...document.querySelectorAll("section.filing")];
  const lines = [...document.querySelectorAll("#list tbody tr")];
  const rows = new Map(sections.map((section) => [section, [...section.querySelectorAll("tr[data-codes]")]]));
  const all = [...rows.values()].reduce((sum, some) => sum + some.length, 0);

  function apply() {
    const agency = filter.elements.agency.value.trim().toLowerCase();
    const code = filter.elements.code.value;
    const boxes = [...filter.querySelectorAll("input[name=severity]")];
    const severities = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    const narrowed = code !== "" || severities.size < boxes.length;
    let count = 0;
    for (const [section, some] of rows) {
      let left = 0;
      for (const row of some) {
        const named = (row.dataset.agency ?? section.dataset.agency).includes(agency);
        const coded = code === "" || row.dataset.codes.split(" ").includes(code);
        row.hidden = !(named && coded && severities.has(row.dataset.severity));
        left += row.hidden ? 0 : 1;
      }
      section.hidden = left === 0;
      count += left;
    }
    for (const line of lines) {
      const target = line.dataset.for && document.getElementById(line.dataset.for);
      line.hidden = !line.dataset.agency.includes(agency) || (narrowed && (!target || target.hidden));
    }
    output.textContent = output.dataset.text.replace("{shown}", count).replace("{all}", all);
  }

  // Show the target of the address: reset a filter that hides it, and open the folded parts that contain it.
  function reveal() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    if (target.closest("[hidden]")) {
      filter.reset();
      apply();
    }
    const explained = target.querySelector("details.explained");
    if (explained) explained.open = true;
    for (let fold = target.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    target.scrollIntoView({ block: target.matches("td, th, tr") ? "center" : "start" });
    const link = target.querySelector("a");
    if (target.matches("td, th, tr") && link) link.focus({ preventScroll: true });
  }

  const forms = [...document.querySelectorAll("details.filled")];
  const fold = document.getElementById("open-all");
  const words = [fold.textContent, fold.dataset.close];
  let opened = false;
  fold.addEventListener("click", () => {
    opened = !opened;
    for (const form of forms) form.open = opened;
    fold.textContent = words[Number(opened)];
  });
  fold.hidden = forms.length === 0;

  filter.addEventListener("input", apply);
  filter.addEventListener("submit", (event) => event.preventDefault());
  filter.addEventListener("reset", () => setTimeout(apply));
  window.addEventListener("hashchange", reveal);
  // A second click on the same link does not change the address, so no hashchange event occurs.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    if (link && link.getAttribute("href") === location.hash) reveal();
  });
  filter.hidden = false;
  apply();
  if (location.hash) window.addEventListener("load", () => setTimeout(reveal));
})();
