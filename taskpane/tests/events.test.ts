import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { beforeEach, describe, test } from "node:test";
import { createContext, runInContext } from "node:vm";
import { BLOCK } from "./fakes.ts";

const BUNDLE = readFileSync("dist/events.js", "utf8");

/** What came after ES2016 and is missing in classic Outlook's runtime. */
const NEWER = `
  delete String.prototype.replaceAll; delete String.prototype.matchAll; delete String.prototype.padStart;
  delete String.prototype.padEnd; delete String.prototype.trimStart; delete String.prototype.trimEnd; delete String.prototype.at;
  delete Object.entries; delete Object.values; delete Object.fromEntries; delete Object.getOwnPropertyDescriptors; delete Object.hasOwn;
  delete Array.prototype.flat; delete Array.prototype.flatMap; delete Array.prototype.at; delete Array.prototype.findLast;
  delete Promise.prototype.finally; delete Promise.allSettled; delete Promise.any; delete globalThis.globalThis;`;

type Handler = (event: { completed(options: { allowEvent: boolean }): void }) => void;
type Done = (answer: { status: string; value?: unknown; error?: unknown }) => void;

/** Classic Outlook's event runtime: no page, no modules, no timers of its own but these. */
class BareRuntime {
  readonly handlers = new Map<string, Handler>();
  readonly requests: { readonly url: string; readonly method: string; readonly body: string }[] = [];
  readonly timers: { readonly callback: () => void; readonly limit: number }[] = [];
  body = "<p>Hello</p>";
  kept: Record<string, string> = { clickmeetingMeeting: "m1" };
  answerFetch = true;
  state = "draft";
  signedIn = true;

  load(): void {
    const context = createContext({
      Office: this.office(),
      OfficeRuntime: { auth: { getAccessToken: () => (this.signedIn ? Promise.resolve("token") : Promise.reject(new Error("13001"))) } },
      fetch: (url: string, init: { method: string; body?: string }) => this.fetch(url, init),
      setTimeout: (callback: () => void, limit: number) => this.timers.push({ callback, limit }),
      clearTimeout: (number: number) => this.timers.splice(number - 1, 1, { callback: () => undefined, limit: Infinity }),
    });
    runInContext(NEWER, context);
    runInContext(BUNDLE, context);
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
    const edit = JSON.parse(init.body ?? "{}") as { body?: string };
    const answer = url.endsWith("/body") ? { body: edit.body + BLOCK, changed: !edit.body?.includes(BLOCK) } : { id: "m1", state: this.state };
    return { ok: true, status: 200, headers: { get: (name: string) => (name === "Content-Type" ? "application/json" : null) }, text: async () => JSON.stringify(answer) };
  }

  private office(): unknown {
    const give = (value: () => unknown) => ({ getAsync: (...args: unknown[]) => (args.at(-1) as Done)({ status: "succeeded", value: value() }) });
    const item = {
      itemType: "appointment",
      seriesId: null,
      subject: give(() => "Planning"),
      start: give(() => new Date("2027-01-11T09:00:00Z")),
      end: give(() => new Date("2027-01-11T09:30:00Z")),
      requiredAttendees: give(() => [{ emailAddress: "paris@contoso.example", displayName: "Paris" }]),
      optionalAttendees: give(() => []),
      body: {
        ...give(() => this.body),
        getTypeAsync: (done: Done) => done({ status: "succeeded", value: "html" }),
        setAsync: (text: string, _options: unknown, done: Done) => {
          this.body = text;
          done({ status: "succeeded" });
        },
      },
      loadCustomPropertiesAsync: (done: Done) => done({ status: "succeeded", value: { get: (name: string) => this.kept[name] } }),
    };
    return {
      actions: { associate: (name: string, handler: Handler) => void this.handlers.set(name, handler) },
      CoercionType: { Html: "html", Text: "text" },
      MailboxEnums: { ItemType: { Appointment: "appointment" }, LocationType: { Room: "room" } },
      context: {
        displayLanguage: "en-US",
        requirements: { isSetSupported: () => false },
        roamingSettings: { get: (name: string) => (name === "clickmeetingServer" ? "https://addin.example/api/v1" : undefined) },
        mailbox: { item, userProfile: { timeZone: "UTC" }, convertToLocalClientTime: (at: Date) => ({ hours: at.getUTCHours(), minutes: at.getUTCMinutes() }) },
      },
    };
  }
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
  test("is small and has no syntax newer than ES2016", () => {
    assert.ok(gzipSync(BUNDLE).length < 60_000, "at most 60 kB");
    for (const newer of [/\basync\b/, /\bawait\b/, /\?\./, /\?\?/, /catch\s*\{/, /\{\s*\.\.\./, /\bimport\b\s*[("']/, /\*\*=?/]) assert.doesNotMatch(BUNDLE, newer);
  });

  test("registers each handler of the manifest", () => {
    assert.deepEqual([...runtime.handlers.keys()].sort(), [
      "onAppointmentAttendeesChanged", "onAppointmentRecurrenceChanged", "onAppointmentSend", "onAppointmentTimeChanged",
    ]);
  });
});

describe("at send", () => {
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
