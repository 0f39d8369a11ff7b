// Every page carries this one small script. Charts are drawings until a reader points at
// one, touches it or moves a control; only then is the runtime fetched.
import { unfold } from "./card.js";
import { setUpCode } from "./code.js";
import { setUpFrame } from "./frame.js";
import { setUpLedger } from "./ledger.js";
import { setUpQuizzes } from "./quiz.js";

const here = document.currentScript.src;
let runtime;

function load(address) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = resolve;
    script.onerror = () => reject(new Error(`could not load ${script.src}`));
    document.head.append(script);
  });
}

function loadRuntime() {
  runtime ??= load(new URL("charts.js", here).href).then(() => window.bookCharts);
  return runtime;
}

function setUp(figure) {
  let specs;
  const boxes = { wide: figure.querySelector(".chart-wide"), narrow: figure.querySelector(".chart-narrow") };
  const settings = {};
  const views = {};

  async function wake() {
    const shown = boxes.narrow.getClientRects().length ? "narrow" : "wide";
    if (!views[shown]) {
      specs ??= load(figure.dataset.live).then(() => window.bookSpecs[figure.id.slice("chart-".length)]);
      views[shown] = Promise.all([loadRuntime(), specs]).then(([charts, all]) => {
        // Where the two drawings share most, there is one and what the other changes.
        const spec = all[shown] ?? { ...all.wide, ...all.change };
        return charts.wake(boxes[shown], spec, settings);
      });
    }
    figure.dataset.state = "loading";
    try {
      const view = await views[shown];
      figure.dataset.state = "live";
      return view;
    } catch (error) {
      // The drawing stays, and so do the numbers behind it; the next move tries again.
      runtime = specs = views[shown] = undefined;
      figure.dataset.state = "static";
      throw error;
    }
  }

  async function apply(name, value) {
    settings[name] = value;
    await wake();
    const charts = await runtime;
    for (const ready of Object.values(views).filter(Boolean)) {
      const view = await ready;
      await view.signal(name, settings[name]).runAsync();
      figure.querySelector(".chart-readout").textContent = charts.readout(view);
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
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target?.closest("details:not([open])")) return;
  unfold(target);
  target.scrollIntoView();
}
addEventListener("hashchange", reveal);
reveal();
