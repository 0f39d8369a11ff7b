// The ledger: cards for the marks in the text, filters for the table of all statements.
// Without this script a mark is a link and the table is complete.
import { setUpCard, unfold } from "./card.js";

// A mark opens its statement's entry as a card: it stands at the end of the page or, if
// another page lists the statement, in a template there.
function setUpMarks() {
  const elsewhere = document.querySelector("template.statements-elsewhere")?.content;
  for (const mark of document.querySelectorAll("a.claim")) {
    const id = mark.dataset.claim;
    const entry = document.getElementById(id) ?? elsewhere.getElementById(id);
    setUpCard(mark, `${id}, ${mark.textContent}`, () => [
      [...entry.querySelectorAll(".statement-text, .statement-verdict, .statement-reason")].map((part) => part.cloneNode(true)),
      entry.closest("ol").dataset.more,
      () => unfold(entry.querySelector("summary")),
    ]);
  }
}

// Every fold says "Why": for a reader who hears them, each says of what.
function nameFolds() {
  for (const entry of document.querySelectorAll(".statement, .ledger tbody tr")) {
    const fold = entry.querySelector("summary");
    const verdict = entry.querySelector(".verdict").textContent;
    fold.setAttribute("aria-label", `${fold.textContent}: ${entry.id}, ${verdict}`);
  }
}

// Filters live in the address after "#", so that a filtered ledger can be shared, from a
// file too; "#E008" alone is the address of one statement.
function setUpTable() {
  const form = document.getElementById("ledger-filter");
  if (!form) return;
  const rows = [...document.querySelectorAll("#ledger-table tbody tr")];
  const inputs = [...form.querySelectorAll("[data-filter]")];
  const count = form.querySelector(".ledger-count");
  const words = new Map();

  // The words of a row are read when somebody first searches, not when the page opens.
  const text = (row) => {
    if (!words.has(row)) words.set(row, row.textContent.toLowerCase());
    return words.get(row);
  };

  function apply() {
    const wanted = inputs.map((input) => [input.dataset.filter, input.value.trim().toLowerCase()]).filter(([, value]) => value);
    let shown = 0;
    for (const row of rows) {
      row.hidden = !wanted.every(([name, value]) =>
        name === "text" ? value.split(/\s+/).every((word) => text(row).includes(word)) : row.dataset[name] === value,
      );
      shown += !row.hidden;
    }
    count.textContent = (shown ? count.dataset.some : count.dataset.none).replace("{shown}", shown).replace("{all}", rows.length);
    return wanted;
  }

  function remember() {
    const address = new URLSearchParams(apply()).toString();
    history.replaceState(null, "", `#${address}`);
  }

  function recall() {
    const hash = location.hash.slice(1);
    if (/^[NES]\d{3}$/.test(hash)) {
      const row = document.getElementById(hash);
      if (!row) return;
      // Not form.reset(): that would put the empty filter's address in the place of this.
      if (row.hidden) for (const input of inputs) input.value = "";
      apply();
      row.querySelector("details").open = true;
      // A place on the page is known once all rows have their heights.
      document.documentElement.classList.remove("at-first");
      row.scrollIntoView({ block: "center", behavior: "instant" });
      return;
    }
    const wanted = new URLSearchParams(hash);
    for (const input of inputs) input.value = wanted.get(input.dataset.filter) ?? "";
    if (apply().length) form.scrollIntoView();
  }

  form.addEventListener("input", remember);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(remember));
  addEventListener("hashchange", recall);
  recall();
}

export function setUpLedger() {
  setUpMarks();
  nameFolds();
  setUpTable();
}
