// The chart runtime: loaded when a reader first touches a chart, never before.
// It runs compiled Vega with the interpreter, so the page's policy needs no `unsafe-eval`.
import { transforms } from "vega-dataflow";
import * as encode from "vega-encode";
import { expressionInterpreter } from "vega-interpreter";
import { parse } from "vega-parser";
import * as dataTransforms from "vega-transforms";
import { View } from "vega-view";
import * as viewTransforms from "vega-view-transforms";

Object.assign(transforms, dataTransforms, viewTransforms, encode);

export function knownTransforms() {
  return Object.keys(transforms).map((name) => name.toLowerCase()).sort();
}

let tip;

function tooltip(_handler, event, _item, value) {
  if (!tip) {
    tip = document.createElement("div");
    tip.className = "chart-tip";
    document.body.append(tip);
    // A finger that scrolls, or touches something else, is done with a mark.
    for (const end of ["scroll", "pointerdown", "pointercancel"]) {
      addEventListener(end, () => (tip.hidden = true), { passive: true, capture: true });
    }
  }
  tip.hidden = value == null;
  if (value == null) return;
  const rows = typeof value === "object" ? Object.entries(value) : [["", value]];
  tip.replaceChildren(
    ...rows.map(([name, text]) => {
      const line = document.createElement("div");
      line.textContent = name ? `${name}: ${text}` : text;
      return line;
    }),
  );
  const left = Math.min(event.clientX + 12, innerWidth - tip.offsetWidth - 8);
  tip.style.left = `${Math.max(8, left)}px`;
  tip.style.top = `${Math.min(event.clientY + 14, innerHeight - tip.offsetHeight - 8)}px`;
}

// Puts a live view in the place of the drawing inside `box`, at the drawing's own size,
// so that nothing on the page moves. Returns the view.
export async function wake(box, spec, settings) {
  const drawing = box.querySelector("svg");
  const { width: w, height: h } = drawing.viewBox.baseVal;
  const live = document.createElement("div");
  const view = new View(parse(spec, {}, { ast: true }), {
    renderer: "svg",
    expr: expressionInterpreter,
    hover: true,
    tooltip,
    logLevel: 1,
  });
  // A tap moves no pointer, which is what Vega waits for.
  view.addEventListener("click", (event, item) => {
    if (event.pointerType === "touch") tooltip(null, event, item, item?.tooltip);
  });
  for (const [name, value] of Object.entries(settings)) view.signal(name, value);
  view.initialize(live);
  await view.runAsync();
  const svg = live.querySelector("svg");
  svg.removeAttribute("style");
  svg.setAttribute("aria-hidden", "true");
  box.style.aspectRatio = `${w} / ${h}`;
  box.classList.add("is-live");
  box.replaceChildren(svg);
  return view;
}

// The sentence that a chart shows in its text marks named "readout…".
export function readout(view) {
  const found = [];
  const look = (mark) => {
    if (mark.marktype === "text" && /readout/.test(mark.name || "")) {
      for (const item of mark.items) if (item.text && item.opacity !== 0) found.push(item.text);
    }
    for (const item of mark.items) if (item.items) item.items.forEach(look);
  };
  look(view.scenegraph().root);
  return found.flat().join(" ");
}
