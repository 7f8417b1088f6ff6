/** Nobody is waited for without end: sign-in, and the item that was switched while something was under way. */

import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, mock, test } from "node:test";
import type { AuthenticationResult } from "@azure/msal-browser";
import type { Appointment } from "../src/appointment.ts";
import { Messages } from "../src/messages.ts";
import { Pane, type PaneSurroundings, type Session } from "../src/pane.ts";
import type { Phase } from "../src/state.ts";
import { nestedWay } from "../src/signin/nested.ts";
import { SignIn, SignInNeeded, type Provider } from "../src/signin/source.ts";
import { CHOICES, meetingOf } from "./fakes.ts";

const never = <T>(): Promise<T> => new Promise(() => undefined);
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

describe("sign-in", () => {
  beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
  afterEach(() => mock.timers.reset());

  async function after<T>(milliseconds: number, asked: Promise<T>): Promise<T | unknown> {
    const told = asked.catch((failure: unknown) => failure);
    await settle();
    mock.timers.tick(milliseconds);
    await settle();
    return Promise.race([told, Promise.resolve("still waiting")]);
  }

  test("a silent question of the nested way that nobody answers asks for a press after 15 seconds", async () => {
    const way = nestedWay({ acquireTokenSilent: never, acquireTokenPopup: never }, "scope");
    const told = await after(15_000, way.token({ claims: undefined, interactive: false }));
    assert.ok(told instanceof SignInNeeded && told.reason === "interaction", String(told));
  });

  test("a press opens the window although the silent question hangs, and the window has its own limit", async () => {
    let windows = 0;
    const acquireTokenPopup = (): Promise<AuthenticationResult> => ((windows += 1), never());
    const pressed = nestedWay({ acquireTokenSilent: never, acquireTokenPopup }, "scope").token({ claims: undefined, interactive: true });
    assert.equal(await after(2_000, pressed), "still waiting");
    assert.equal(windows, 1);
    const told = await after(300_000, pressed);
    assert.ok(told instanceof SignInNeeded && told.reason === "failed", String(told));
  });

  test("a press while another's silent question hangs is not lost in it", async () => {
    const asked: boolean[] = [];
    const way: Provider = {
      name: "hangs",
      token: ({ interactive }) => (asked.push(interactive), interactive ? Promise.resolve("x.y.z") : never()),
    };
    const signIn = new SignIn([way]);
    const silent = signIn.token({}).catch((failure: unknown) => failure);
    assert.equal(await after(500, signIn.interactively()), undefined);
    assert.deepEqual(asked, [false, true]);
    mock.timers.tick(30_000);
    assert.ok((await silent) instanceof SignInNeeded, "and who waited before is told");
  });

  test("a way that hangs is asked anew by the next call", async () => {
    let calls = 0;
    const signIn = new SignIn([{ name: "hangs once", token: () => ((calls += 1) === 1 ? never() : Promise.resolve("x.y.z")) }]);
    assert.ok((await after(30_000, signIn.token({}))) instanceof SignInNeeded);
    assert.equal(await signIn.token({}), "x.y.z");
  });
});

/** Takes whatever is drawn with it; what is shown is told by the phases. */
function anyElement(): unknown {
  const element: object = new Proxy(() => undefined, {
    get: (_target, name) => (name === Symbol.toPrimitive ? () => "" : name === "length" ? 0 : name === Symbol.iterator ? [][Symbol.iterator].bind([]) : element),
    set: () => true,
    apply: () => element,
    construct: () => element,
  });
  return element;
}

describe("an item that is switched while the last step runs", () => {
  const appointment = { title: "A", start: "", end: "", time_zone: "UTC", all_day: false, recurrence: null, participants: [] } as Appointment;
  const meeting = meetingOf({ ...appointment, ...CHOICES }, "m1");
  let phases: Phase[];
  let session: Session | "attendee";
  let release: () => void;
  let reads: number;

  function pane(hangAt: number): Pane {
    phases = [];
    reads = 0;
    session = {
      scheduling: {
        open: async () => ({ state: "scheduled", meeting, inBody: true }),
        change: async () => ({ meeting, notes: [] }),
      } as unknown as Session["scheduling"],
      read: () => ((reads += 1) === hangAt ? new Promise((resolve) => (release = () => resolve(appointment))) : Promise.resolve(appointment)),
      owner: async () => null,
      untitled: "Online meeting",
    };
    return new Pane({
      messages: Messages.english(),
      server: { options: async () => ({}) },
      session: () => session,
      draw: (phase: Phase) => phases.push(phase),
      announce: () => undefined,
    } as unknown as PaneSurroundings);
  }

  beforeEach(() => Object.assign(globalThis, { document: anyElement() }));
  afterEach(() => Reflect.deleteProperty(globalThis, "document"));

  async function switched(opened: Pane): Promise<void> {
    session = "attendee";
    await opened.open();
    release();
    await settle();
    assert.equal(phases.at(-1)?.name, "unusable", "the item that is open now is what is shown");
  }

  test("is shown, and nothing of the item before", async () => {
    const opened = pane(2);
    await opened.open();
    assert.equal(phases.at(-1)?.name, "scheduled");
    opened.actions.update();
    await settle();
    assert.equal(phases.at(-1)?.name, "working");
    await switched(opened);
  });

  test("is shown although the one before was still being read", async () => {
    const opened = pane(1);
    void opened.open();
    await settle();
    await switched(opened);
  });
});
