import * as acorn from "acorn";
import * as walk from "acorn-walk";
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { beforeEach, describe, test } from "node:test";
import { createContext, runInContext } from "node:vm";
import type { MeetingRequest, Options } from "../src/contract.ts";
import { BLOCK, meetingOf } from "./fakes.ts";

/** As our server gives it out. */
const BUNDLE = readFileSync("dist/events.js", "utf8").replaceAll("%PUBLIC_URL%", "https://addin.example");

/** What came after ES2016 and is missing in classic Outlook's runtime. */
const NEWER = `
  delete String.prototype.replaceAll; delete String.prototype.matchAll; delete String.prototype.padStart;
  delete String.prototype.padEnd; delete String.prototype.trimStart; delete String.prototype.trimEnd; delete String.prototype.at;
  delete Object.entries; delete Object.values; delete Object.fromEntries; delete Object.getOwnPropertyDescriptors; delete Object.hasOwn;
  delete Array.prototype.flat; delete Array.prototype.flatMap; delete Array.prototype.at; delete Array.prototype.findLast;
  delete Promise.prototype.finally; delete Promise.allSettled; delete Promise.any; delete globalThis.globalThis;`;

/** What ES2016 and Office give every script, and what the engine adds (Outlook facts 4). */
const ALWAYS: ReadonlySet<string> = new Set([
  "Array", "Date", "Error", "JSON", "Map", "Math", "Number", "Object", "Promise", "RangeError", "Reflect", "RegExp", "Set", "String", "Symbol",
  "TypeError", "WeakSet", "Intl", "encodeURIComponent", "undefined", "Office", "fetch", "setTimeout", "clearTimeout",
]);
/** Behind a `typeof`, or inside a `try`, or only where there is a page. */
const ASKED_FOR = ["AbortController", "OfficeRuntime", "URL", "atob", "clickmeetingToken", "crypto", "location", "navigator"];

/** Names that a script uses and declares nowhere. */
function globals(script: string): string[] {
  const declared = new Set<string>(["arguments"]);
  const used = new Set<string>();
  walk.full(acorn.parse(script, { ecmaVersion: 2016 }), (node, _state, type) => {
    const found = node as acorn.AnyNode;
    if (found.type === "Identifier") (type === "VariablePattern" ? declared : used).add(found.name);
    if ("id" in found && found.id?.type === "Identifier") declared.add(found.id.name);
  });
  return [...used].filter((name) => !declared.has(name)).sort();
}

type Handler = (event: { completed(options: { allowEvent: boolean }): void }) => void;
type Done = (answer: { status: string; value?: unknown; error?: unknown }) => void;

/** Classic Outlook's event runtime: no page, no modules, no timers of its own but these. */
class BareRuntime {
  readonly handlers = new Map<string, Handler>();
  readonly requests: { readonly url: string; readonly method: string; readonly body: string }[] = [];
  readonly timers: { readonly callback: () => void; readonly limit: number }[] = [];
  body = "<p>Hello</p>";
  place = "";
  kept: Record<string, string> = { clickmeetingMeeting: "m1" };
  answerFetch = true;
  state = "draft";
  signedIn = true;
  addByDefault = false;
  /** What Outlook says of each call before it answers; an office.js that fails, throws or stays silent. */
  before: (call: string) => "refused" | "throws" | "silent" | "answers" = () => "answers";
  /** Takes the answers of office.js, to give them later. */
  defer: ((answer: () => void) => void) | null = null;
  /** What our server says instead of the usual. */
  refusal: { readonly status: number; readonly body: object } | "unreachable" | null = null;

  item: unknown;

  load(script = BUNDLE): void {
    const context = createContext({
      Office: this.office(),
      OfficeRuntime: { auth: { getAccessToken: () => (this.signedIn ? Promise.resolve("token") : Promise.reject(new Error("13001"))) } },
      fetch: (url: string, init: { method: string; body?: string }) => this.fetch(url, init),
      setTimeout: (callback: () => void, limit: number) => this.timers.push({ callback, limit }),
      clearTimeout: (number: number) => this.timers.splice(number - 1, 1, { callback: () => undefined, limit: Infinity }),
    });
    runInContext(NEWER, context);
    runInContext(script, context);
  }

  /** Raises the event and resolves with every completion that was made until then. */
  raise(name: string): { readonly completions: boolean[] } {
    const completions: boolean[] = [];
    const handler = this.handlers.get(name);
    assert.ok(handler, `${name} is registered`);
    handler({ completed: ({ allowEvent }) => void completions.push(allowEvent) });
    return { completions };
  }

  runTimers(upTo: number): void {
    for (const timer of [...this.timers]) if (timer.limit <= upTo) timer.callback();
  }

  private async fetch(url: string, init: { method: string; body?: string }): Promise<unknown> {
    this.requests.push({ url, method: init.method, body: init.body ?? "" });
    if (!this.answerFetch) return new Promise(() => undefined);
    if (this.refusal === "unreachable") throw new TypeError("network");
    if (this.refusal !== null) return answered(this.refusal.status, this.refusal.body);
    if (url.endsWith("/options")) return answered(200, { ...OPTIONS, add_by_default: this.addByDefault });
    if (url.endsWith("/meetings")) return answered(201, { ...meetingOf(JSON.parse(init.body ?? "{}") as MeetingRequest, "m1"), id: "m1" });
    const edit = JSON.parse(init.body ?? "{}") as { body?: string };
    const answer = url.endsWith("/body") ? { body: edit.body + BLOCK, changed: !edit.body?.includes(BLOCK) } : { id: "m1", state: this.state };
    return answered(200, answer);
  }

  /** One call of office.js, which may go wrong in each of its ways. */
  private call(name: string, done: Done, value: () => unknown): void {
    switch (this.before(name)) {
      case "throws":
        throw new Error("Sys.ArgumentException");
      case "silent":
        return;
      case "refused":
        return done({ status: "failed", error: { code: 9001, name: "x", message: "x" } });
      default:
        (this.defer ?? ((answer) => answer()))(() => done({ status: "succeeded", value: value() }));
    }
  }

  private office(): unknown {
    const give = (value: () => unknown, name = "getAsync") => ({ getAsync: (...args: unknown[]) => this.call(name, args.at(-1) as Done, value) });
    const item = {
      itemType: "appointment",
      seriesId: null,
      subject: give(() => "Planning"),
      start: give(() => new Date("2027-01-11T09:00:00Z")),
      end: give(() => new Date("2027-01-11T09:30:00Z")),
      requiredAttendees: give(() => [{ emailAddress: "paris@contoso.example", displayName: "Paris" }]),
      optionalAttendees: give(() => []),
      body: {
        ...give(() => this.body, "body.getAsync"),
        getTypeAsync: (done: Done) => this.call("getTypeAsync", done, () => "html"),
        setAsync: (text: string, _options: unknown, done: Done) => this.call("body.setAsync", done, () => (this.body = text)),
      },
      location: {
        ...give(() => this.place),
        setAsync: (text: string, done: Done) => this.call("location.setAsync", done, () => (this.place = text)),
      },
      loadCustomPropertiesAsync: (done: Done) =>
        this.call("loadCustomPropertiesAsync", done, () => {
          const working = { ...this.kept };
          return {
            get: (name: string) => working[name],
            set: (name: string, value: string) => void (working[name] = value),
            remove: (name: string) => void delete working[name],
            saveAsync: (saved: Done) => this.call("saveAsync", saved, () => (this.kept = { ...working })),
          };
        }),
    };
    this.item = item;
    return {
      actions: { associate: (name: string, handler: Handler) => void this.handlers.set(name, handler) },
      CoercionType: { Html: "html", Text: "text" },
      MailboxEnums: { ItemType: { Appointment: "appointment" }, LocationType: { Room: "room" } },
      context: {
        displayLanguage: "en-US",
        requirements: { isSetSupported: () => false },
        roamingSettings: { get: () => undefined },
        mailbox: { item, userProfile: { timeZone: "UTC" }, convertToLocalClientTime: (at: Date) => ({ hours: at.getUTCHours(), minutes: at.getUTCMinutes() }) },
      },
    };
  }
}

const OPTIONS: Options = {
  languages: ["en", "fr"], kinds: ["meeting", "webinar"], access_types: ["open", "password", "token"], defaults: { access: "password" }, locks: {},
  dial_in_countries: [], max_participants: 500,
};

function answered(status: number, body: object): unknown {
  const headers = { get: (name: string) => (name === "Content-Type" ? "application/json" : null) };
  return { ok: status < 400, status, headers, text: async () => JSON.stringify(body) };
}

const settled = async (): Promise<void> => {
  for (let round = 0; round < 200; round += 1) await Promise.resolve();
};

let runtime: BareRuntime;
beforeEach(() => {
  runtime = new BareRuntime();
  runtime.load();
});

describe("the bundles", () => {
  test("the pane without msal-browser is at most 150 kB, all languages included", () => {
    const parts = readdirSync("dist").filter((name) => /^(taskpane|part-.*)\.(js|css|html)$/.test(name) && !name.startsWith("part-nested"));
    const size = parts.reduce((sum, name) => sum + gzipSync(readFileSync(`dist/${name}`)).length, 0);
    assert.ok(parts.includes("taskpane.js") && size < 150_000, `${size} bytes`);
  });
});

describe("the event bundle", () => {
  test("is small", () => assert.ok(gzipSync(BUNDLE).length < 60_000, "at most 60 kB"));

  test("is ES2016 to the last sign", () => {
    acorn.parse(BUNDLE, { ecmaVersion: 2016, sourceType: "script" });
    assert.throws(() => acorn.parse("async () => 1", { ecmaVersion: 2016 }), "the check itself can fail");
  });

  test("names nothing that classic Outlook's engine lacks, but where it asks first", () => {
    assert.deepEqual(globals(BUNDLE).filter((name) => !ALWAYS.has(name)), ASKED_FOR);
  });

  test("registers each handler of the manifest", () => {
    assert.deepEqual([...runtime.handlers.keys()].sort(), [
      "onAppointmentAttendeesChanged", "onAppointmentRecurrenceChanged", "onAppointmentSend", "onAppointmentTimeChanged", "onNewAppointment",
    ]);
  });
});

describe("at send", () => {
  test("asks the server that the script came from", async () => {
    runtime.raise("onAppointmentSend");
    await settled();
    assert.deepEqual([...new Set(runtime.requests.map(({ url }) => new URL(url).origin))], ["https://addin.example"]);
  });

  test("a script that was copied elsewhere without its address does nothing", async () => {
    runtime = new BareRuntime();
    runtime.load(BUNDLE.replaceAll("https://addin.example", "%PUBLIC_URL%"));
    const { completions } = runtime.raise("onAppointmentSend");
    await settled();
    assert.deepEqual([runtime.requests, completions], [[], [true]]);
  });

  test("a missing block is mended and the send goes on", async () => {
    const { completions } = runtime.raise("onAppointmentSend");
    await settled();
    assert.equal(runtime.body, `<p>Hello</p>${BLOCK}`);
    assert.deepEqual(completions, [true]);
  });

  test("a server that does not answer holds nothing longer than two seconds", async () => {
    runtime.answerFetch = false;
    const { completions } = runtime.raise("onAppointmentSend");
    await settled();
    assert.deepEqual(completions, []);
    runtime.runTimers(2_000);
    assert.deepEqual(completions, [true]);
    assert.equal(runtime.body, "<p>Hello</p>");
  });

  test("without a silent sign-in the send goes on", async () => {
    runtime.signedIn = false;
    const { completions } = runtime.raise("onAppointmentSend");
    await settled();
    assert.deepEqual(completions, [true]);
  });

  test("an appointment without ClickMeeting asks no server", async () => {
    runtime.kept = {};
    const { completions } = runtime.raise("onAppointmentSend");
    await settled();
    assert.deepEqual(runtime.requests, []);
    assert.deepEqual(completions, [true]);
  });

  test("completes once although the limit passes after the answer", async () => {
    const { completions } = runtime.raise("onAppointmentSend");
    await settled();
    runtime.runTimers(60_000);
    await settled();
    assert.deepEqual(completions, [true]);
  });
});

describe("at a change", () => {
  test("several in a row are one, and the unsent meeting follows", async () => {
    const events = ["onAppointmentTimeChanged", "onAppointmentRecurrenceChanged", "onAppointmentAttendeesChanged"].map((name) => runtime.raise(name));
    await settled();
    runtime.runTimers(1_500);
    await settled();
    const patches = runtime.requests.filter(({ method }) => method === "PATCH");
    assert.equal(patches.length, 1);
    assert.equal((JSON.parse(patches[0]!.body) as { start: string }).start, "2027-01-11T09:00:00.000Z");
    for (const { completions } of events) assert.deepEqual(completions, [true]);
  });

  test("a meeting already sent waits for the next send", async () => {
    runtime.state = "followed";
    runtime.raise("onAppointmentTimeChanged");
    await settled();
    runtime.runTimers(1_500);
    await settled();
    assert.deepEqual(runtime.requests.filter(({ method }) => method === "PATCH"), []);
  });
});

describe("at a new appointment", () => {
  beforeEach(() => {
    runtime.kept = {};
    runtime.addByDefault = true;
  });
  const made = (): Record<string, unknown>[] =>
    runtime.requests.filter(({ method, url }) => method === "POST" && url.endsWith("/meetings")).map(({ body }) => JSON.parse(body) as Record<string, unknown>);

  test("a room is made with the organisation's choices, and the password is left to the server", async () => {
    const { completions } = runtime.raise("onNewAppointment");
    await settled();
    assert.equal(made().length, 1);
    const { access, password, title } = made()[0]!;
    assert.deepEqual([access, password, title], ["password", undefined, "Planning"]);
    assert.equal(runtime.body, `<p>Hello</p>${BLOCK}`);
    assert.equal(runtime.kept["clickmeetingMeeting"], "m1");
    assert.deepEqual(completions, [true]);
  });

  test("nothing is made where the policy does not say so", async () => {
    runtime.addByDefault = false;
    const { completions } = runtime.raise("onNewAppointment");
    await settled();
    assert.deepEqual([made(), runtime.body, completions], [[], "<p>Hello</p>", [true]]);
  });

  test("raised twice, it makes one room", async () => {
    runtime.raise("onNewAppointment");
    await settled();
    const second = runtime.raise("onNewAppointment");
    await settled();
    assert.equal(made().length, 1);
    assert.deepEqual(second.completions, [true]);
  });
});

const HANDLERS = ["onNewAppointment", "onAppointmentSend", "onAppointmentTimeChanged"] as const;
const REFUSALS = [
  ["401", { status: 401, body: { reason: "expired" } }], ["403", { status: 403, body: { reason: "consent" } }],
  ["409", { status: 409, body: { reason: "slot-taken" } }], ["422", { status: 422, body: { reason: "past" } }],
  ["429", { status: 429, body: { retry_after: 30 } }], ["500", { status: 500, body: {} }], ["no answer", "unreachable"],
] as const;

describe("whatever our server says", () => {
  for (const name of HANDLERS) {
    for (const [what, refusal] of REFUSALS) {
      test(`${name} lets Outlook go on at once: ${what}`, async () => {
        runtime.refusal = refusal;
        const { completions } = runtime.raise(name);
        await settled();
        runtime.runTimers(1_500);
        await settled();
        assert.deepEqual(completions, [true]);
        assert.equal(runtime.body, "<p>Hello</p>");
        assert.ok(runtime.requests.length <= 2, "no loop");
      });
    }
  }
});

describe("whatever Outlook does", () => {
  const CALLS = ["loadCustomPropertiesAsync", "getTypeAsync", "body.getAsync", "body.setAsync"];
  for (const call of CALLS) {
    for (const fault of ["refused", "throws", "silent"] as const) {
      test(`the send goes on, once, when ${call} is ${fault}`, async () => {
        runtime.before = (asked) => (asked === call ? fault : "answers");
        const { completions } = runtime.raise("onAppointmentSend");
        await settled();
        assert.deepEqual(completions, fault === "silent" ? [] : [true]);
        runtime.runTimers(2_000);
        await settled();
        runtime.runTimers(60_000);
        await settled();
        assert.deepEqual(completions, [true]);
        assert.equal(runtime.body, "<p>Hello</p>");
      });
    }
  }

  test("one call is made at a time, also while handlers overlap", async () => {
    let most = 0;
    const waiting: (() => void)[] = [];
    runtime.defer = (answer) => {
      waiting.push(answer);
      most = Math.max(most, waiting.length);
    };
    const [send, change] = [runtime.raise("onAppointmentSend"), runtime.raise("onAppointmentTimeChanged")];
    await settled();
    runtime.runTimers(1_500);
    for (let round = 0; round < 40; round += 1) {
      await settled();
      waiting.shift()?.();
    }
    await settled();
    assert.deepEqual([most, send.completions, change.completions], [1, [true], [true]]);
    assert.equal(runtime.body, `<p>Hello</p>${BLOCK}`);
  });
});
