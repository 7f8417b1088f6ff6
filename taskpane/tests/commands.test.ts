/** The commands against an Outlook of plain objects that has what each form has and nothing else. */

import assert from "node:assert/strict";
import { beforeEach, describe, mock, test } from "node:test";
import type { MeetingRequest } from "../src/contract.ts";
import { BLOCK, FakeServer, JOIN_URL } from "./fakes.ts";
import { ApiProblem } from "../src/api.ts";
import { Messages } from "../src/messages.ts";

type Done = (answer: { status: string; value?: unknown; error?: unknown }) => void;
type Form = "compose" | "phone" | "read";
type Fault = "refused" | "throws" | "silent" | "slow";

/** What Outlook on a phone lets the online-meeting command use (Outlook facts 6). */
const ON_PHONES: ReadonlySet<PropertyKey> = new Set([
  "itemType", "subject", "start", "end", "location", "requiredAttendees", "optionalAttendees", "body", "loadCustomPropertiesAsync", "seriesId",
]);

class Outlook {
  title = "Planning";
  place = "Room 7";
  text = "<p>Hello</p>";
  kept: Record<string, string> = {};
  readonly notices: string[] = [];
  readonly forbidden: PropertyKey[] = [];
  readonly opened: string[] = [];
  fault: { readonly call: string; readonly kind: Fault } | null = null;
  seriesId: string | null = null;
  /** Answers of getAccessToken in order: a code is a refusal. */
  tokens: (string | number)[] = [];
  readonly prompts: boolean[] = [];
  browserWindow = true;
  readonly server = new FakeServer();
  refusal: { readonly status: number; readonly body: object } | "unreachable" | "silent" | null = null;

  constructor(readonly form: Form) {
    const item = form === "read" ? this.reading() : this.composing();
    const mailbox = { item, userProfile: { timeZone: "UTC", emailAddress: "organiser@contoso.example" } };
    const clock = { convertToLocalClientTime: (at: Date) => ({ hours: at.getUTCHours(), minutes: at.getUTCMinutes() }) };
    const sets: Record<string, number> = { Mailbox: form === "phone" ? 5 : 8, OpenBrowserWindowApi: form === "read" ? 1 : 0 };
    const office = {
      onReady: async (then: () => void) => then(),
      actions: { associate: () => undefined },
      CoercionType: { Html: "html", Text: "text" },
      PlatformType: { iOS: "iOS", Android: "Android", OfficeOnline: "OfficeOnline" },
      MailboxEnums: {
        ItemType: { Appointment: "appointment" }, LocationType: { Room: "room", Custom: "custom" },
        ItemNotificationMessageType: { InformationalMessage: "information", ProgressIndicator: "progress", ErrorMessage: "error" },
      },
      auth: { getAccessToken: ({ allowSignInPrompt }: { allowSignInPrompt: boolean }) => this.token(allowSignInPrompt) },
      context: {
        displayLanguage: "en-US",
        platform: form === "phone" ? "iOS" : "OfficeOnline",
        requirements: { isSetSupported: (set: string, version: string) => Number(version.split(".")[1]) <= (sets[set] ?? 0) },
        roamingSettings: { get: () => undefined },
        ui: {
          openBrowserWindow: (address: string) => {
            if (!this.browserWindow) throw new Error("Sys.Exception");
            this.opened.push(address);
          },
        },
        mailbox: form === "phone" ? mailbox : { ...mailbox, ...clock },
      },
    };
    const config = { client_id: "", authority: "", scope: "", add_in_id: "", room_addresses: [".clickmeeting.com"] };
    Object.assign(globalThis, {
      Office: office,
      location: { href: "https://addin.example/taskpane/commands.html", origin: "https://addin.example" },
      document: { querySelector: () => ({ content: JSON.stringify(config) }) },
      fetch: (url: string, init: RequestInit) => this.fetch(url, init),
    });
  }

  visible(): object {
    const { title, place, text } = this;
    return { title, place, text };
  }

  private async token(prompted: boolean): Promise<string> {
    this.prompts.push(prompted);
    const answer = this.tokens.length > 1 ? this.tokens.shift()! : (this.tokens[0] ?? `x.${btoa('{"exp":0}')}.x`);
    if (typeof answer === "number") throw Object.assign(new Error("no token"), { code: answer });
    return answer;
  }

  private call(name: string, done: Done, value: () => unknown): void {
    const kind = this.fault?.call === name ? this.fault.kind : "answers";
    if (kind === "throws") throw new Error("Sys.ArgumentException");
    if (kind === "refused") return done({ status: "failed", error: { code: 9001, name: "x", message: "x" } });
    if (kind === "slow") {
      this.fault = null;
      setTimeout(() => done({ status: "succeeded", value: value() }), 10_000);
    }
    if (kind === "answers") queueMicrotask(() => done({ status: "succeeded", value: value() }));
  }

  private reading(): object {
    return {
      itemType: "appointment", subject: this.title, location: this.place,
      body: { getAsync: (_type: string, done: Done) => this.call("body.getAsync", done, () => this.text) },
      notificationMessages: this.bar(),
    };
  }

  private bar(): object {
    const show = (_key: string, { message }: { message: string }, done: Done): void => {
      this.notices.push(message);
      done({ status: "succeeded" });
    };
    return { replaceAsync: show, addAsync: show };
  }

  private composing(): object {
    const read = (name: string, value: () => unknown): object => ({
      getAsync: (...given: unknown[]) => this.call(`${name}.getAsync`, given.at(-1) as Done, value),
    });
    const item = {
      itemType: "appointment",
      seriesId: this.form === "phone" ? undefined : null,
      subject: read("subject", () => this.title),
      start: read("start", () => new Date("2027-01-11T09:00:00Z")),
      end: read("end", () => new Date("2027-01-11T09:30:00Z")),
      requiredAttendees: read("requiredAttendees", () => [{ emailAddress: "paris@contoso.example", displayName: "Paris" }]),
      optionalAttendees: read("optionalAttendees", () => []),
      location: {
        ...read("location", () => this.place),
        setAsync: (text: string, done: Done) => this.call("location.setAsync", done, () => (this.place = text)),
      },
      body: {
        ...read("body", () => this.text),
        ...(this.form === "phone" ? {} : { getTypeAsync: (done: Done) => this.call("body.getTypeAsync", done, () => "html") }),
        setAsync: (text: string, _options: object, done: Done) => this.call("body.setAsync", done, () => (this.text = text)),
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
      ...(this.form === "phone" ? {} : { notificationMessages: this.bar() }),
    };
    if (this.form !== "phone") return item;
    return new Proxy(item, {
      get: (target, name) => {
        if (!ON_PHONES.has(name)) this.forbidden.push(name);
        return target[name as keyof typeof target] as unknown;
      },
    });
  }

  private async fetch(url: string, init: RequestInit): Promise<Response> {
    if (this.refusal === "unreachable") throw new TypeError("network");
    if (this.refusal === "silent") return new Promise((_, reject) => init.signal?.addEventListener("abort", () => reject(new DOMException("x", "AbortError"))));
    if (this.refusal !== null) return json(this.refusal.status, this.refusal.body);
    try {
      return json(200, await this.answer(new URL(url).pathname.replace("/api/v1", ""), init));
    } catch (failure) {
      if (failure instanceof ApiProblem) return json(failure.problem.status, failure.problem);
      throw failure;
    }
  }

  private async answer(path: string, { method, body, headers }: RequestInit): Promise<object> {
    const content: unknown = body ? JSON.parse(String(body)) : undefined;
    const id = path.split("/")[2] ?? "";
    if (path === "/options") {
      return { languages: ["en"], kinds: ["meeting"], access_types: ["open"], defaults: {}, locks: {}, dial_in_countries: [], max_participants: 500 };
    }
    if (path.endsWith("/body")) return this.server.body(id, content as never);
    if (method === "POST") return this.server.schedule(content as MeetingRequest, (headers as Record<string, string>)["Idempotency-Key"]!);
    if (method === "DELETE") await this.server.remove(id);
    return method === "DELETE" ? {} : this.server.meeting(id);
  }
}

function json(status: number, body: object): Response {
  return new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });
}

new Outlook("compose"); // the module looks at Office when it is loaded
const { addClickMeeting, joinClickMeeting, showNumbers } = await import("../src/commands.ts");

/** Presses and gives every completion; silent calls run into their limits under a clock that is moved by hand. */
async function press(command: (event: Office.AddinCommands.Event) => Promise<void>): Promise<boolean[]> {
  const completions: boolean[] = [];
  await command({ completed: ({ allowEvent }: { allowEvent: boolean }) => void completions.push(allowEvent) } as never);
  return completions;
}

async function pressUnderClock(command: (event: Office.AddinCommands.Event) => Promise<void>): Promise<boolean[]> {
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    let over = false;
    const pressed = press(command).finally(() => (over = true));
    for (let second = 0; second < 200 && !over; second += 1) {
      for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      mock.timers.tick(1_000);
    }
    return await pressed;
  } finally {
    mock.timers.reset();
  }
}

describe("addClickMeeting", () => {
  let outlook: Outlook;
  beforeEach(() => {
    outlook = new Outlook("compose");
  });

  test("writes link, place and memory, and says so", async () => {
    assert.deepEqual(await press(addClickMeeting), [true]);
    assert.deepEqual(outlook.visible(), { title: "Planning", place: `Room 7; ${JOIN_URL}`, text: `<p>Hello</p>${BLOCK}` });
    assert.equal(outlook.kept["clickmeetingMeeting"], "m1");
    assert.match(outlook.notices.at(-1)!, /is added/);
  });

  test("pressed again it makes no second room and puts a deleted block back", async () => {
    await press(addClickMeeting);
    outlook.text = "<p>Hello</p>";
    assert.deepEqual(await press(addClickMeeting), [true]);
    assert.deepEqual([outlook.server.made, outlook.text], [1, `<p>Hello</p>${BLOCK}`]);
    assert.match(outlook.notices.at(-1)!, /already has/);
  });

  test("on a phone it uses what phones have and nothing else", async () => {
    outlook = new Outlook("phone");
    assert.deepEqual(await press(addClickMeeting), [true]);
    assert.deepEqual(outlook.forbidden, []);
    assert.deepEqual(outlook.visible(), { title: "Planning", place: `Room 7; ${JOIN_URL}`, text: `<p>Hello</p>${BLOCK}` });
  });

  test("one date of a series and somebody else's appointment are told", async () => {
    (Office.context.mailbox.item as unknown as { seriesId: string }).seriesId = "series";
    assert.deepEqual(await press(addClickMeeting), [false]);
    assert.match(outlook.notices.at(-1)!, /whole series/);
    outlook = new Outlook("read");
    assert.deepEqual(await press(addClickMeeting), [false]);
    assert.match(outlook.notices.at(-1)!, /organiser/);
  });

  test("a press may ask the person to sign in, once", async () => {
    outlook.tokens = [13001, `x.${btoa('{"exp":0}')}.x`];
    assert.deepEqual(await press(addClickMeeting), [true]);
    assert.deepEqual(outlook.prompts.slice(0, 2), [false, true]);
    assert.equal(outlook.prompts.filter((prompted) => prompted).length, 1);
  });

  test("a sign-in given up is told and not asked for again", async () => {
    outlook.tokens = [13001, 13002];
    assert.deepEqual(await press(addClickMeeting), [false]);
    assert.equal(outlook.prompts.length, 2);
    assert.match(outlook.notices.at(-1)!, /not finished/);
  });

  for (const form of ["compose", "phone"] as const) {
    for (const [status, words] of [[401, /sign in/i], [403, /allowed|administrator/i], [409, /another time|unexpected/i], [422, /./], [429, /30 seconds/], [500, /few minutes/]] as const) {
      test(`${form}: the server answers ${status}: one sentence, nothing changed, no loop`, async () => {
        outlook = new Outlook(form);
        const before = outlook.visible();
        outlook.refusal = { status, body: { status, retry_after: 30, ...(status === 409 ? { reason: "slot-taken", detail: "Choose another time." } : {}) } };
        assert.deepEqual(await press(addClickMeeting), [false]);
        assert.deepEqual([outlook.visible(), outlook.forbidden], [before, []]);
        if (form === "compose") assert.match(outlook.notices.at(-1)!, words);
      });
    }
  }

  test("no network is told", async () => {
    outlook.refusal = "unreachable";
    assert.deepEqual(await press(addClickMeeting), [false]);
    assert.match(outlook.notices.at(-1)!, /connection/);
  });

  test("a server that never answers ends before Outlook's own minute is over", async () => {
    outlook.refusal = "silent";
    assert.deepEqual(await pressUnderClock(addClickMeeting), [false]);
    assert.deepEqual(outlook.visible(), { title: "Planning", place: "Room 7", text: "<p>Hello</p>" });
  });

  test("a catalogue that never comes holds no event up", async () => {
    const load = mock.method(Messages, "load", () => new Promise(() => undefined));
    try {
      assert.deepEqual(await pressUnderClock(addClickMeeting), [true]);
      assert.match(outlook.notices.at(-1)!, /is added/, "in English");
    } finally {
      load.mock.restore();
    }
  });

  const CALLS = [
    "subject.getAsync", "start.getAsync", "end.getAsync", "requiredAttendees.getAsync", "optionalAttendees.getAsync", "body.getTypeAsync",
    "body.getAsync", "body.setAsync", "location.getAsync", "location.setAsync", "loadCustomPropertiesAsync", "saveAsync",
  ];
  for (const call of CALLS) {
    test(`${call} takes ten seconds and is waited for`, async () => {
      outlook.fault = { call, kind: "slow" };
      assert.deepEqual(await pressUnderClock(addClickMeeting), [true]);
      assert.deepEqual([outlook.text, outlook.server.made], [`<p>Hello</p>${BLOCK}`, 1]);
    });
    for (const kind of ["refused", "throws", "silent"] as const) {
      test(`${call} is ${kind}: the item stays as it was, no room is left, one completion`, async () => {
        const before = outlook.visible();
        outlook.fault = { call, kind };
        const completions = await (kind === "silent" ? pressUnderClock : press)(addClickMeeting);
        assert.deepEqual(completions, [false]);
        assert.match(outlook.notices.at(-1)!, /Outlook|too long/);
        // a place that was written while the way back is barred is the one thing that may stay, and is told
        if (call !== "location.setAsync" && call !== "location.getAsync" && call !== "saveAsync") assert.deepEqual(outlook.visible(), before);
        assert.equal(outlook.text, "<p>Hello</p>");
        assert.equal(outlook.server.meetings.size, /room was made/.test(outlook.notices.at(-1)!) ? 1 : 0);
      });
    }
  }
});

describe("in the read form", () => {
  let outlook: Outlook;
  beforeEach(() => {
    outlook = new Outlook("read");
  });

  test("joinClickMeeting opens the room of the invitation, without a word and without a server", async () => {
    outlook.text = `<p>Hello</p>${BLOCK}`;
    outlook.refusal = "unreachable";
    assert.deepEqual(await press(joinClickMeeting), [true]);
    assert.deepEqual([outlook.opened, outlook.notices], [[JOIN_URL], []]);
  });

  test("a personal link in the text comes first", async () => {
    outlook.text = `${BLOCK}<a href="https://addin.example/j/m1/cGFyaXM/c2ln">enter</a>`;
    await press(joinClickMeeting);
    assert.deepEqual(outlook.opened, ["https://addin.example/j/m1/cGFyaXM/c2ln"]);
  });

  test("an appointment without a link is told", async () => {
    assert.deepEqual(await press(joinClickMeeting), [false]);
    assert.match(outlook.notices.at(-1)!, /no ClickMeeting link/);
  });

  for (const kind of ["refused", "throws", "silent"] as const) {
    test(`a text that is ${kind} is told`, async () => {
      outlook.fault = { call: "body.getAsync", kind };
      assert.deepEqual(await pressUnderClock(joinClickMeeting), [false]);
      assert.match(outlook.notices.at(-1)!, /could not be read/);
    });
  }

  test("an Outlook that opens nothing is told", async () => {
    outlook.text = BLOCK;
    outlook.browserWindow = false;
    assert.deepEqual(await press(joinClickMeeting), [false]);
    assert.match(outlook.notices.at(-1)!, /could not be opened/);
  });

  test("showNumbers opens our list", async () => {
    assert.deepEqual(await press(showNumbers), [true]);
    assert.deepEqual(outlook.opened, ["https://addin.example/numbers"]);
  });

  test("while an appointment is written there is nothing to join", async () => {
    outlook = new Outlook("compose");
    assert.deepEqual(await press(joinClickMeeting), [false]);
    assert.match(outlook.notices.at(-1)!, /no ClickMeeting link/);
  });
});
