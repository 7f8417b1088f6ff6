import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { readAppointment } from "../src/appointment.ts";
import { ApiProblem } from "../src/api.ts";
import type { MeetingRequest } from "../src/contract.ts";
import { OfficeFailure } from "../src/office/calls.ts";
import { HalfDone, Scheduling } from "../src/scheduling.ts";
import { SignInNeeded } from "../src/signin/source.ts";
import { BLOCK, CHOICES, FakeItem, FakeServer } from "./fakes.ts";

const noStep = (): void => undefined;
const clock = (instant: Date): { hours: number; minutes: number } => ({ hours: instant.getUTCHours(), minutes: instant.getUTCMinutes() });
const password = (text: string): typeof CHOICES => ({ ...CHOICES, access: "password", password: text });

let item: FakeItem;
let server: FakeServer;
let keys: number;

function around(): Scheduling {
  const read = (): ReturnType<typeof readAppointment> => readAppointment(item, "Central European Standard Time", clock);
  return new Scheduling({ item, server, read, newKey: () => `key-${(keys += 1)}`, untitled: "Online meeting" });
}

beforeEach(() => {
  item = new FakeItem();
  server = new FakeServer();
  keys = 0;
});

/** Refuses the save that would write the room into the item, once. */
function refuseTheSaveAfterMaking(): void {
  let refused = false;
  item.before = (call) => {
    if (call !== "save" || server.made === 0 || refused) return;
    refused = true;
    throw new OfficeFailure("customProperties.saveAsync", "refused", 9020);
  };
}

describe("a room that could not be written", () => {
  test("is never written by the next press, which makes another", async () => {
    refuseTheSaveAfterMaking();
    await assert.rejects(around().schedule(CHOICES, noStep), OfficeFailure);
    assert.equal(server.meetings.size, 0);
    assert.deepEqual(item.kept, {}, "neither the key nor the id of what was taken back stays");
    const { meeting } = await around().schedule(CHOICES, noStep);
    assert.ok(server.meetings.has(meeting.id), "the room that is shown stands");
    assert.equal(item.text, `<p>Hello</p>${BLOCK}`);
  });

  test("is not written either where Outlook lets nobody forget its key", async () => {
    item.before = (call) => {
      if (call === "save" && server.made === 1) throw new OfficeFailure("customProperties.saveAsync", "refused", 9020);
    };
    await assert.rejects(around().schedule(CHOICES, noStep), OfficeFailure);
    assert.equal(item.kept["clickmeetingRequest"], "key-1");
    item.before = () => undefined;
    const { meeting } = await around().schedule(CHOICES, noStep);
    assert.ok(server.meetings.has(meeting.id));
    assert.equal(server.meetings.size, 1);
  });

  test("is not written after the item was switched and opened again", async () => {
    const running = new AbortController();
    server.making = async () => running.abort();
    await assert.rejects(around().schedule(CHOICES, noStep, running.signal));
    server.making = () => Promise.resolve();
    const { meeting } = await around().schedule(CHOICES, noStep);
    assert.ok(server.meetings.has(meeting.id));
    assert.equal(server.meetings.size, 1);
  });
});

describe("one item never gets two rooms", () => {
  test("when the ribbon's button is pressed while the pane makes one with a password", async () => {
    let release = (): void => undefined;
    server.making = () => new Promise((resolve) => (release = resolve));
    const pane = around().schedule(password("Apples2026"), noStep);
    while (server.made === 0) await new Promise(setImmediate);
    const ribbon = around().schedule(CHOICES, noStep);
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
    release();
    const [first, second] = await Promise.all([pane, ribbon]);
    assert.equal(second.meeting.id, first.meeting.id);
    assert.equal(server.made, 1);
    assert.equal(second.meeting.password, "Apples2026");
    assert.deepEqual([first.notes, second.notes], [[], ["already"]]);
    assert.equal(item.text, `<p>Hello</p>${BLOCK}`);
  });

  test("when the pane was closed while it made one and now asks for another password", async () => {
    const answered = server.schedule.bind(server);
    server.schedule = async (request: MeetingRequest, key: string) => {
      await answered(request, key);
      throw new ApiProblem({ status: 504, reason: "outcome-unknown" });
    };
    await assert.rejects(around().schedule(password("Apples2026"), noStep), ApiProblem);
    server.schedule = answered;
    item.title = "Renamed meanwhile";
    const { meeting, notes } = await around().schedule(password("Pears20266"), noStep);
    assert.equal(server.made, 1);
    assert.equal(meeting.password, "Apples2026", "what is shown is what holds");
    assert.equal(meeting.title, "Renamed meanwhile", "and it is the appointment's");
    assert.deepEqual(notes, ["already"]);
    assert.equal(item.kept["clickmeetingMeeting"], meeting.id);
  });

  test("when the command was faster than the open form", async () => {
    const { meeting } = await around().schedule(CHOICES, noStep);
    const outcome = await around().schedule(password("Apples2026"), noStep);
    assert.deepEqual([outcome.meeting.id, outcome.meeting.access, outcome.notes], [meeting.id, "open", ["already"]]);
    assert.equal(server.made, 1);
  });

  test("and one whose room cannot hold the appointment any more is shown, to be changed or removed", async () => {
    await around().schedule(CHOICES, noStep);
    server.change = () => Promise.reject(new ApiProblem({ status: 409, reason: "permanence" }));
    assert.deepEqual((await around().schedule(CHOICES, noStep)).notes, ["already"]);
  });
});

test("a sign-in that is over while the block is put back leads to the sign-in, not to a half-done meeting", async () => {
  const { meeting } = await around().schedule(CHOICES, noStep);
  item.text = "<p>Hello</p>";
  server.body = () => Promise.reject(new SignInNeeded("interaction"));
  const failure = await around().writeAgain(meeting).catch((caught: unknown) => caught);
  assert.ok(failure instanceof SignInNeeded && !(failure instanceof HalfDone), String(failure));
});
