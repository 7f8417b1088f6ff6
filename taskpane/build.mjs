// Builds dist/ (the pane, its commands and the event handlers), or with --tests the node tests into build/tests/.

import { build } from "esbuild";
import { cp, mkdir, readdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(fileURLToPath(import.meta.url));
const shared = { absWorkingDir: root, bundle: true, logLevel: "warning", charset: "utf8", legalComments: "none" };

// esbuild writes `{...one}` for ES2016 with this function, which is itself of ES2017
const DESCRIPTORS =
  "Object.getOwnPropertyDescriptors||(Object.getOwnPropertyDescriptors=function(o){var d={};" +
  "Reflect.ownKeys(o).forEach(function(k){d[k]=Object.getOwnPropertyDescriptor(o,k)});return d});";

async function buildPane() {
  const out = join(root, "dist");
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  await build({
    ...shared,
    entryPoints: { taskpane: "src/taskpane.ts", commands: "src/commands.ts", dialog: "src/dialog.ts" },
    outdir: out,
    format: "esm",
    splitting: true,
    chunkNames: "part-[name]-[hash]",
    minify: true,
    target: ["es2020", "safari15"],
  });
  await build({
    ...shared,
    // one file without modules, DOM or anything newer than ES2016: classic Outlook on Windows runs it alone
    entryPoints: { events: "src/events.ts" },
    outdir: out,
    format: "iife",
    minify: true,
    banner: { js: DESCRIPTORS },
    target: ["es2016"],
  });
  await cp(join(root, "public"), out, { recursive: true });
}

async function buildTests() {
  const out = join(root, "build", "tests");
  await rm(out, { recursive: true, force: true });
  const names = (await readdir(join(root, "tests"))).filter((name) => name.endsWith(".test.ts"));
  await build({
    ...shared,
    entryPoints: names.map((name) => join("tests", name)),
    outdir: out,
    outExtension: { ".js": ".mjs" },
    format: "esm",
    platform: "node",
    target: ["node20"],
    sourcemap: "inline",
  });
}

await (process.argv.includes("--tests") ? buildTests() : buildPane());
