// Sorting, filtering, copying and unfolding. The page is complete without it.
"use strict";
(() => {
  const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));
  document.documentElement.classList.add("script");

  // Sorting: by the key of a cell where it has one, numbers as numbers; empty cells last.
  const keyOf = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.key ?? cell.textContent.trim();
  };
  const compare = (a, b) => {
    if (a === "" || b === "") return (a === "") - (b === "");
    const [x, y] = [Number(a), Number(b)];
    return Number.isNaN(x) || Number.isNaN(y) ? a.localeCompare(b, undefined, { numeric: true }) : x - y;
  };
  for (const table of all("table.sortable")) {
    const heads = all("thead th", table);
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const body = table.tBodies[0];
        const rows = Array.from(body.rows, (row) => [keyOf(row, column), row]);
        rows.sort(([a], [b]) => (a === "" || b === "" ? compare(a, b) : (down ? -1 : 1) * compare(a, b)));
        body.append(...rows.map(([, row]) => row));
      });
    });
  }

  // Filtering the rows of a table by words, all of which a row must hold.
  for (const input of all("input[data-filter]")) {
    const table = document.getElementById(input.dataset.filter);
    const shown = document.querySelector(`[data-count="${input.dataset.filter}"]`);
    const rows = Array.from(table.tBodies[0].rows, (row) => [row.textContent.toLowerCase(), row]);
    input.addEventListener("input", () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let kept = 0;
      for (const [text, row] of rows) {
        row.hidden = !words.every((word) => text.includes(word));
        kept += row.hidden ? 0 : 1;
      }
      shown.textContent = words.length ? `${kept} of ${rows.length} rows` : "";
    });
  }

  // Copying: the clipboard where the page may use it, else the old way through a selection.
  const copied = (text) => {
    if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done ? Promise.resolve() : Promise.reject(new Error("copying is not allowed"));
  };
  for (const button of all("button[data-copy], button[data-copy-from]")) {
    const label = button.textContent;
    button.addEventListener("click", () => {
      const text = button.dataset.copy ?? document.getElementById(button.dataset.copyFrom).textContent;
      copied(text).then(
        () => { button.textContent = "Copied"; },
        () => { button.textContent = "Not copied"; },
      ).finally(() => setTimeout(() => { button.textContent = label; }, 2000));
    });
  }

  // Showing the hypotheses of one verdict only.
  for (const select of all("select[data-filter-standing]")) {
    select.addEventListener("change", () => {
      for (const part of all("[data-standing]")) {
        part.hidden = select.value !== "" && part.dataset.standing !== select.value;
      }
    });
  }

  // Unfolding everything, and folding it again.
  for (const button of all("button[data-unfold]")) {
    let open = false;
    button.addEventListener("click", () => {
      open = !open;
      all("details").forEach((part) => { part.open = open; });
      button.textContent = open ? "Fold everything" : "Unfold everything";
    });
  }
})();
