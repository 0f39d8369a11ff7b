// Builds web/dist from web/src. `make bundle` runs it; readers and builders of the book
// use the committed result and need no Node.
import { build } from "esbuild";
import { readFile, rm, writeFile } from "node:fs/promises";

const common = {
  bundle: true,
  minify: true,
  format: "iife",
  target: ["chrome109", "firefox115", "safari16.4"],
  legalComments: "none",
  outdir: "dist",
  external: ["*.woff2"], // the theme holds the font; the book's build puts it in
  logLevel: "warning",
};

await rm("dist", { recursive: true, force: true });
await build({ ...common, entryPoints: ["src/theme.js", "src/book.js", "src/search.js", "src/book.css"] });
await build({ ...common, entryPoints: ["src/charts.js"], globalName: "bookCharts" });

// The book's build refuses a chart that needs a transform which the bundle lacks.
const listing = await build({
  stdin: {
    contents: 'export { knownTransforms } from "./src/charts.js";',
    resolveDir: ".",
  },
  bundle: true,
  format: "esm",
  platform: "node",
  write: false,
});
const code = Buffer.from(listing.outputFiles[0].contents).toString("base64");
const { knownTransforms } = await import(`data:text/javascript;base64,${code}`);
await writeFile("dist/transforms.json", JSON.stringify(knownTransforms(), null, 1) + "\n");

// What the bundle was built with, for the test that compares it with Altair's.
const { dependencies } = JSON.parse(await readFile("package.json", "utf8"));
await writeFile("dist/versions.json", JSON.stringify(dependencies, null, 1) + "\n");
