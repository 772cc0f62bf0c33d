// What a browser loads of JavaScript before a page is usable, as the build says it: `npm run first-load`, after a build.
// What is loaded when first needed (highlighter, maths, charts) is not in it. Fails for a page above the limit.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import { gzipSync } from "node:zlib";

const LIMIT_KB = 250;
const BUILD = join(import.meta.dirname, "..", ".next");
const MANIFEST = "page_client-reference-manifest.js";

/** Files of the runtime and of Next, which every page loads. */
const { rootMainFiles } = JSON.parse(readFileSync(join(BUILD, "build-manifest.json"), "utf8"));
const sizes = new Map();

function gzippedBytes(file) {
  if (!sizes.has(file)) sizes.set(file, gzipSync(readFileSync(join(BUILD, file))).length);
  return sizes.get(file);
}

function filesOf(manifest) {
  const context = {};
  runInNewContext(readFileSync(join(BUILD, "server", "app", manifest), "utf8"), context);
  const pages = Object.values(context.__RSC_MANIFEST);
  const entries = pages.flatMap(({ entryJSFiles }) => Object.values(entryJSFiles).flat());
  return new Set([...rootMainFiles, ...entries]);
}

function pages() {
  const files = readdirSync(join(BUILD, "server", "app"), { recursive: true });
  return files.filter((file) => file.endsWith(MANIFEST)).sort();
}

function address(manifest) {
  const folders = manifest.slice(0, -MANIFEST.length).split("/");
  return `/${folders.filter((folder) => folder && !folder.startsWith("(")).join("/")}`;
}

let tooLarge = 0;
for (const manifest of pages()) {
  const bytes = [...filesOf(manifest)].map(gzippedBytes).reduce((sum, each) => sum + each, 0);
  const kb = bytes / 1000;
  if (kb > LIMIT_KB) tooLarge += 1;
  console.log(
    `${address(manifest).padEnd(24)} ${kb.toFixed(1).padStart(6)} kB${kb > LIMIT_KB ? "  too large" : ""}`,
  );
}
console.log(`first load, gzipped; the limit is ${LIMIT_KB} kB`);
process.exitCode = tooLarge ? 1 : 0;
