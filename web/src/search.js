// The search page: asks Pagefind's index and writes what it finds. The address
// search.html?q=… is a search; the header's form leads there without this script.
const form = document.getElementById("search");
const input = form.elements.q;
const count = document.getElementById("search-count");
const words = form.dataset;
// How many results are written at a time.
const BATCH = 10;
// How many places of a page are named below it.
const PLACES = 4;

const fill = (template, values) => template.replace(/\{(\w+)\}/g, (_, name) => values[name]);

function element(name, className, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

function link(address, ...children) {
  const made = element("a", "", ...children);
  made.href = address;
  return made;
}

// Pagefind's excerpts are text with <mark> around what was searched.
function excerpt(html) {
  const made = element("p", "found-excerpt");
  made.innerHTML = html;
  return made;
}

// How many of the sought words stand in an excerpt: whole, or in another form.
function matched(html, sought) {
  const marked = [...html.matchAll(/<mark>(.*?)<\/mark>/g)].map(([, word]) => word.toLowerCase());
  const wanted = sought.toLowerCase().split(/\s+/);
  return wanted.filter((word) => marked.some((mark) => mark.startsWith(word.slice(0, 5)))).length;
}

// The places below a page's headings that match best, in the page's order.
function best(places, title, sought) {
  const below = places
    .filter((place) => place.title !== title)
    .map((place) => ({
      place,
      words: matched(place.excerpt, sought),
      weight: place.weighted_locations.reduce((sum, word) => sum + word.balanced_score, 0),
    }));
  const most = Math.max(...below.map(({ words }) => words));
  const chosen = below
    .filter(({ words }) => words === most)
    .sort((a, b) => b.weight - a.weight)
    .slice(0, PLACES);
  return below.filter((one) => chosen.includes(one)).map(({ place }) => place);
}

function pageItem({ url, meta, excerpt: html, sub_results: places }, sought) {
  const below = best(places, meta.title, sought).map((place) =>
    element("li", "", link(place.url, place.title), excerpt(place.excerpt)),
  );
  const rest = below.length ? element("ul", "", ...below) : excerpt(html);
  return element("li", "", element("h3", "", link(url, meta.title)), rest);
}

function statementItem({ url, meta, excerpt: html }) {
  const verdict = element("span", `verdict verdict-${meta.verdict}`, meta.label);
  const name = element("span", "statement-id", meta.title);
  const heading = element("h3", "", link(url, name, " ", meta.statement), " ", verdict);
  return element("li", "", heading, excerpt(html));
}

// Writes the first results and, as long as there are more, a button for the next ones.
async function show(section, results, sought, write) {
  const list = section.querySelector(".found");
  const more = element("button", "found-more", words.more);
  more.type = "button";
  let shown = 0;
  async function next() {
    const batch = results.slice(shown, shown + BATCH);
    const items = (await Promise.all(batch.map((result) => result.data()))).map((data) => write(data, sought));
    shown += batch.length;
    more.hidden = shown >= results.length;
    return items;
  }
  more.addEventListener("click", async () => {
    const items = await next();
    list.append(...items);
    items[0].querySelector("a").focus();
  });
  const items = await next();
  return () => {
    list.replaceChildren(...items);
    section.querySelector(".found-more")?.remove();
    section.append(more);
    section.hidden = !results.length;
  };
}

const pages = document.getElementById("search-pages");
const statements = document.getElementById("search-statements");
let loading;
let asked = 0;

function load() {
  loading ??= import(new URL(words.index, document.baseURI).href).then(async (pagefind) => {
    // In the page itself: one file less to fetch, and fast enough for a book.
    await pagefind.options({ noWorker: true, excerptLength: 26 });
    return pagefind;
  });
  return loading;
}

async function search() {
  const sought = input.value.trim();
  const mine = ++asked;
  history.replaceState(null, "", sought ? `?q=${encodeURIComponent(sought)}` : location.pathname);
  if (!sought) {
    pages.hidden = statements.hidden = true;
    count.textContent = "";
    return;
  }
  try {
    const pagefind = await load();
    const statement = { kind: "statement" };
    const [inPages, inLedger] = await Promise.all(
      [{ not: statement }, statement].map((filters) => pagefind.search(sought, { filters })),
    );
    const ready = await Promise.all([
      show(pages, inPages.results, sought, pageItem),
      show(statements, inLedger.results, sought, statementItem),
    ]);
    // An older search that took longer has nothing to say any more.
    if (mine !== asked) return;
    for (const write of ready) write();
    const found = { words: sought, pages: inPages.results.length, statements: inLedger.results.length };
    count.textContent = fill(found.pages + found.statements ? words.found : words.none, found);
  } catch (error) {
    count.textContent = words.broken;
    throw error;
  }
}

// Arrow keys lead from the field to the results and through them, Escape leads back.
function move(event) {
  const stops = [input, ...document.querySelectorAll(".found a")].filter((stop) => stop.getClientRects().length);
  const at = stops.indexOf(document.activeElement);
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (at < 0 || (!step && (event.key !== "Escape" || !at))) return;
  const to = step ? at + step : 0;
  if (!stops[to]) return;
  event.preventDefault();
  stops[to].focus();
}

if (location.protocol === "file:") {
  count.textContent = words.file;
  form.hidden = true;
} else {
  let waiting;
  input.value = new URLSearchParams(location.search).get("q") ?? "";
  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(search, 200);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(waiting);
    search();
  });
  form.parentElement.addEventListener("keydown", move);
  if (input.value) search();
  else input.focus();
}
