import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Options } from "../src/contract.ts";
import { mayPress, next, type Event, type Phase, type Task } from "../src/state.ts";
import { CHOICES, meetingOf } from "./fakes.ts";

const OPTIONS = {} as Options;
const MEETING = meetingOf({ ...CHOICES, title: "Planning", start: "", end: "", time_zone: "UTC", all_day: false, recurrence: null, participants: [] }, "m1");
const NOTICE = { tone: "error", text: "No." } as const;
const editing: Phase = { name: "editing", options: OPTIONS, meeting: null, notices: [] };
const scheduled = next(editing, { type: "scheduled", options: OPTIONS, meeting: MEETING, changed: false, missing: false, notices: [] });

const run = (phase: Phase, ...events: Event[]): Phase => events.reduce(next, phase);

describe("the pane's states", () => {
  test("a second press while one runs is nothing", () => {
    const working = next(editing, { type: "press", task: "schedule" });
    assert.equal(working.name, "working");
    for (const task of ["schedule", "change", "remove", "write", "clean"] satisfies Task[]) {
      assert.equal(next(working, { type: "press", task }), working);
      assert.equal(mayPress(working, task), false);
    }
  });

  test("a refusal leads back to where the person was, with the sentence", () => {
    assert.deepEqual(run(editing, { type: "press", task: "schedule" }, { type: "refused", notice: NOTICE }), { ...editing, notices: [NOTICE] });
    assert.deepEqual(run(scheduled, { type: "press", task: "remove" }, { type: "refused", notice: NOTICE }), { ...scheduled, notices: [NOTICE] });
  });

  test("leaving the form shows the meeting again", () => {
    const back = run(scheduled, { type: "edit" }, { type: "back" });
    assert.equal(back.name, "scheduled");
    assert.equal(next(editing, { type: "back" }), editing, "there is nothing to go back to before a meeting exists");
  });

  test("leaving the form keeps a missing block and a drift in sight", () => {
    const missing = next({ name: "loading" }, { type: "scheduled", options: OPTIONS, meeting: MEETING, changed: false, missing: true, notices: [] });
    const drifted = next(missing, { type: "drifted", drift: true });
    assert.deepEqual(run(drifted, { type: "edit" }, { type: "back" }), drifted);
  });

  test("a drift goes away when the appointment is as it was", () => {
    const drifted = next(scheduled, { type: "drifted", drift: true });
    assert.deepEqual(next(drifted, { type: "drifted", drift: false }), scheduled);
    assert.equal(next(scheduled, { type: "drifted", drift: false }), scheduled, "nothing new is nothing to draw");
  });

  test("the form waits behind a sign-in and comes back without old sentences", () => {
    const told = { ...editing, notices: [NOTICE] } as const;
    const signin: Event = { type: "signin", reason: "interaction", detail: "" };
    const working = next(told, { type: "press", task: "schedule" });
    assert.deepEqual(run(working, signin, { type: "signin-press" }, { ...signin, reason: "cancelled" }, { type: "resume" }), editing);
    assert.deepEqual(run(working, { type: "consent", url: null }, { type: "offline" }, { type: "resume" }), editing);
    const alone = next({ name: "loading" }, signin);
    assert.equal(next(alone, { type: "resume" }), alone, "before a form was shown there is none to come back to");
  });

  test("after a failed change the earlier invitation is told, not an empty appointment", () => {
    const failed: Event = { type: "half-done", options: OPTIONS, meeting: MEETING, left: "unwritten", notice: NOTICE };
    const changed = run(scheduled, { type: "edit" }, { type: "press", task: "change" }, failed);
    assert.ok(changed.name === "incomplete" && changed.left === "outdated");
    const again = run(changed, { type: "press", task: "write" }, failed);
    assert.ok(again.name === "incomplete" && again.left === "outdated", "nor after the next try");
    const missing = run({ ...scheduled, missing: true } as Phase, { type: "press", task: "write" }, failed);
    assert.ok(missing.name === "incomplete" && missing.left === "unwritten");
  });

  test("drift, confirmation and steps mean nothing elsewhere", () => {
    for (const event of [{ type: "drifted", drift: true }, { type: "confirm", open: true }, { type: "step", step: "making" }, { type: "slow" }] satisfies Event[]) {
      assert.equal(next(editing, event), editing, event.type);
    }
  });

  test("a half-done task offers what is left to do", () => {
    const left = run(editing, { type: "press", task: "schedule" }, { type: "half-done", options: OPTIONS, meeting: MEETING, left: "unwritten", notice: NOTICE });
    assert.ok(mayPress(left, "write") && mayPress(left, "remove"));
    assert.ok(!mayPress(left, "schedule"), "never a second room");
  });

  test("the sign-in button can be pressed once", () => {
    const signin = next({ name: "loading" }, { type: "signin", reason: "interaction", detail: "" });
    const busy = next(signin, { type: "signin-press" });
    assert.ok(busy.name === "signin" && busy.busy);
    assert.equal(next(busy, { type: "signin-press" }), busy);
  });
});
