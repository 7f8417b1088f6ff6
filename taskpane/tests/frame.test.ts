/** What Outlook's frame and office.js take away from a page must not be used by what we build (host facts, "The page"). */

import * as acorn from "acorn";
import * as walk from "acorn-walk";
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";

/** Ours alone: msal-browser is taken as it is published. */
const SCRIPTS = readdirSync("dist").filter((name) => name.endsWith(".js") && !/^part-(nested|Browser)/.test(name));

/** Blocked, null, or for no token to be in. */
const TAKEN = ["alert", "confirm", "prompt", "history", "localStorage", "sessionStorage", "indexedDB", "caches", "eval"];

interface Findings {
  readonly names: string[];
  readonly odd: string[];
}

function look(script: string): Findings {
  const names: string[] = [];
  const odd: string[] = [];
  walk.full(acorn.parse(script, { ecmaVersion: "latest", sourceType: "module" }), (node) => {
    const found = node as acorn.AnyNode;
    if (found.type === "Identifier" && TAKEN.includes(found.name)) names.push(found.name);
    if (found.type !== "CallExpression" || found.callee.type !== "MemberExpression" || found.callee.property.type !== "Identifier") return;
    const { name } = found.callee.property;
    // the second argument is lost
    if ((name === "startsWith" || name === "endsWith") && found.arguments.length > 1) odd.push(name);
    if (name === "pushState" || name === "replaceState" || name === "cookie") odd.push(name);
  });
  return { names, odd };
}

describe("in Outlook's frame", () => {
  for (const name of SCRIPTS) {
    test(`${name} uses nothing that is taken away there`, () => {
      assert.deepEqual(look(readFileSync(`dist/${name}`, "utf8")), { names: [], odd: [] });
    });
  }

  test("no source of ours walks over inherited members, of which Date, Number, Error and Function have more there", () => {
    const sources = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
    assert.deepEqual(sources.filter((name) => /\bfor \((?:const|let|var) \w+ in\b/.test(readFileSync(`src/${name}`, "utf8"))), []);
    assert.ok(sources.length > 20);
  });

  test("the look itself finds what it looks for", () => {
    const script = "alert(x); history.pushState(1); 'a'.startsWith('b', 1); localStorage.x = 1";
    assert.deepEqual(look(script), { names: ["alert", "history", "localStorage"], odd: ["pushState", "startsWith"] });
  });

  test("every script of ours was looked at", () => {
    for (const name of ["taskpane.js", "commands.js", "events.js", "dialog.js"]) assert.ok(SCRIPTS.includes(name), name);
  });
});
