// Every page carries this one small script. Charts are drawings until a reader points at
// one, touches it or moves a control; only then is the runtime fetched.
import { unfold } from "./card.js";
import { setUpCode } from "./code.js";
import { setUpFrame } from "./frame.js";
import { setUpLedger } from "./ledger.js";
import { setUpQuizzes } from "./quiz.js";

const runtime = new URL("charts.js", document.currentScript.src).href;
const loading = new Map();

// Runs a script once; one that could not be fetched may be asked for again.
function load(address) {
  if (!loading.has(address)) {
    const loaded = new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = address;
      script.onload = resolve;
      script.onerror = () => reject(new Error(`could not load ${script.src}`));
      document.head.append(script);
    });
    loading.set(address, loaded);
    loaded.catch(() => loading.delete(address));
  }
  return loading.get(address);
}

function setUp(figure) {
  const boxes = { wide: figure.querySelector(".chart-wide"), narrow: figure.querySelector(".chart-narrow") };
  const settings = {};
  const views = {};

  async function wake() {
    const shown = boxes.narrow.getClientRects().length ? "narrow" : "wide";
    views[shown] ??= Promise.all([load(runtime), load(figure.dataset.live)]).then(() => {
      const specs = window.bookSpecs[figure.id.slice("chart-".length)];
      // Where the two drawings share most, there is one and what the other changes.
      const spec = specs[shown] ?? { ...specs.wide, ...specs.change };
      return window.bookCharts.wake(boxes[shown], spec, settings);
    });
    figure.dataset.state = "loading";
    try {
      const view = await views[shown];
      figure.dataset.state = "live";
      return view;
    } catch (error) {
      // The drawing stays, and so do the numbers behind it; the next move tries again.
      delete views[shown];
      figure.dataset.state = "static";
      throw error;
    }
  }

  async function apply(name, value) {
    settings[name] = value;
    await wake();
    for (const ready of Object.values(views)) {
      const view = await ready;
      await view.signal(name, settings[name]).runAsync();
      figure.querySelector(".chart-readout").textContent = window.bookCharts.readout(view);
    }
  }

  for (const control of figure.querySelectorAll(".chart-control select, .chart-control input")) {
    const name = control.dataset.parameter;
    if (control.type === "range") {
      const positions = JSON.parse(control.dataset.positions);
      const labels = JSON.parse(control.dataset.labels);
      const output = control.parentElement.querySelector("output");
      control.addEventListener("input", () => {
        output.textContent = labels[control.value];
        control.setAttribute("aria-valuetext", labels[control.value]);
        apply(name, positions[control.value]);
      });
    } else {
      control.addEventListener("change", () => apply(name, control.value));
    }
  }
  for (const named of figure.querySelectorAll("summary, .chart-files a")) {
    named.setAttribute("aria-label", `${named.textContent}: ${figure.querySelector(".chart-title").textContent}`);
  }
  const events = ["pointerenter", "touchstart", "focusin"];
  const first = () => {
    wake();
    addEventListener("resize", wake, { passive: true });
  };
  for (const event of events) figure.addEventListener(event, first, { once: true, passive: true });
}

for (const figure of document.querySelectorAll("figure.chart")) setUp(figure);
setUpFrame();
setUpCode();
setUpLedger();
setUpQuizzes();

// A link to something inside a fold opens it.
function reveal() {
  const target = document.getElementById(location.hash.slice(1));
  if (!target?.closest("details:not([open])")) return;
  unfold(target);
  target.scrollIntoView();
}
addEventListener("hashchange", reveal);
reveal();
