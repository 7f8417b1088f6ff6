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

  test("drift, confirmation and steps mean nothing elsewhere", () => {
    for (const event of [{ type: "drifted" }, { type: "confirm", open: true }, { type: "step", step: "making" }, { type: "slow" }] satisfies Event[]) {
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
