import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { gzipSync } from "node:zlib";

const size = (names: Iterable<string>): number => [...names].reduce((sum, name) => sum + gzipSync(readFileSync(`dist/${name}`)).length, 0);

/** What a page loads before anything is asked for: its script and every part that is imported statically. */
function loaded(name: string, found = new Set<string>()): Set<string> {
  found.add(name);
  const code = readFileSync(`dist/${name}`, "utf8");
  // minified: import{a}from"./part.js", import"./part.js", export{a}from"./part.js"; import("./part.js") comes later
  for (const [, part] of code.matchAll(/(?:from|import)\s*"\.\/([^"]+)"/g)) if (!found.has(part!)) loaded(part!, found);
  return found;
}

describe("sizes, compressed as they are sent", () => {
  const parts = readdirSync("dist").filter((name) => name.endsWith(".js"));
  const msal = parts.filter((name) => readFileSync(`dist/${name}`, "utf8").length > 150_000);

  test("msal is a part of its own, loaded only where it signs in", () => {
    assert.equal(msal.length, 1);
    for (const page of ["taskpane.js", "commands.js"]) assert.ok(!loaded(page).has(msal[0]!), page);
  });

  test("the pane's page loads at most 150 kB, in fact a fifth of it", () => {
    const page = size(loaded("taskpane.js")) + size(["taskpane.css", "taskpane.html"]);
    assert.ok(page <= 150_000, `${page} bytes`);
    assert.ok(page <= 32_000, `${page} bytes: still small, but more than it was`);
  });

  test("everything of the pane in every language, without msal, stays below 150 kB", () => {
    const all = size(parts.filter((name) => !msal.includes(name) && name !== "events.js")) + size(["taskpane.css"]);
    assert.ok(all <= 150_000, `${all} bytes`);
  });

  test("the event handlers are at most 60 kB uncompressed", () => {
    assert.ok(readFileSync("dist/events.js").length <= 60_000);
  });
});
