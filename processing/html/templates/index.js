"use strict";
// Makes the table of files sortable and filterable.
(() => {
  const table = document.getElementById("list");
  if (!table) return;
  const groups = [...table.tBodies].map(body => ({ body, head: body.rows[0], rows: [...body.rows].slice(1) }));
  const filter = document.getElementById("filter"), status = document.getElementById("status"), count = document.getElementById("count");
  const heads = [...table.tHead.rows[0].cells];

  const value = (row, column) => {
    const text = row.cells[column].textContent.trim();
    const number = Number(text.replace(/[\s\u2265]/g, ""));
    return Number.isNaN(number) ? text.toLowerCase() : number;
  };
  const compare = (a, b) => typeof a === typeof b ? (a < b ? -1 : a > b ? 1 : 0) : typeof a === "number" ? 1 : -1;
  const sort = column => {
    const down = heads[column].getAttribute("aria-sort") === "ascending";
    heads.forEach((head, index) => index === column ? head.setAttribute("aria-sort", down ? "descending" : "ascending") : head.removeAttribute("aria-sort"));
    for (const group of groups) {
      const keyed = group.rows.map(row => [value(row, column), row]).sort((a, b) => compare(a[0], b[0]) * (down ? -1 : 1));
      group.rows = keyed.map(pair => pair[1]);
      group.body.append(...group.rows);
    }
  };
  const select = () => {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const group of groups) {
      const device = group.head.textContent.toLowerCase();
      let left = 0;
      for (const row of group.rows) {
        const text = device + " " + row.textContent.toLowerCase();
        row.hidden = !words.every(word => text.includes(word)) || (status.value && row.cells[0].textContent.trim() !== status.value);
        left += !row.hidden;
      }
      group.body.hidden = !left;
      shown += left;
    }
    count.textContent = shown;
  };
  heads.forEach((head, column) => {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: head.textContent });
    button.addEventListener("click", () => sort(column));
    head.replaceChildren(button);
  });
  filter.addEventListener("input", select);
  status.addEventListener("change", select);
  document.querySelector(".tools").hidden = false;
})();
