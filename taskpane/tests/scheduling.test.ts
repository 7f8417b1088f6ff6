import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { readAppointment } from "../src/appointment.ts";
import { ApiProblem } from "../src/api.ts";
import { OfficeFailure } from "../src/office/calls.ts";
import { BodyBusy, BodyTooLong, HalfDone, mentions, Scheduling } from "../src/scheduling.ts";
import { BLOCK, CHOICES, FakeItem, FakeServer, JOIN_URL } from "./fakes.ts";

const noStep = (): void => undefined;
const clock = (instant: Date): { hours: number; minutes: number } => ({ hours: instant.getUTCHours(), minutes: instant.getUTCMinutes() });

let item: FakeItem;
let server: FakeServer;
let scheduling: Scheduling;
let keys: number;

function around(): Scheduling {
  return new Scheduling({
    item,
    server,
    read: () => readAppointment(item, "Central European Standard Time", clock),
    newKey: () => `key-${(keys += 1)}`,
    untitled: "Online meeting",
  });
}

beforeEach(() => {
  item = new FakeItem();
  server = new FakeServer();
  keys = 0;
  scheduling = around();
});

describe("schedule", () => {
  test("writes the block, keeps the person's own place and remembers the meeting", async () => {
    const { meeting, notes } = await scheduling.schedule(CHOICES, noStep);
    assert.equal(item.text, `<p>Hello</p>${BLOCK}`);
    assert.equal(item.place, `Room 7; ${JOIN_URL}`);
    assert.deepEqual(item.kept, { clickmeetingMeeting: meeting.id, clickmeetingPlace: JOIN_URL, clickmeeting: "key" });
    assert.deepEqual(notes, []);
  });

  test("reads everything before a room is made", async () => {
    await scheduling.schedule(CHOICES, noStep);
    const firstWrite = item.calls.indexOf("addPlace");
    for (const read of ["subject", "start", "end", "recurrence", "required", "optional", "properties", "bodyType", "body"]) {
      assert.ok(item.calls.indexOf(read) < firstWrite, `${read} is read before anything is written`);
    }
  });

  test("says whose calendar it is only where it is another's", async () => {
    await scheduling.schedule(CHOICES, noStep);
    item = new FakeItem();
    item.shared = "manager@contoso.example";
    await around().schedule(CHOICES, noStep);
    const owners = [...server.keys.values()].map(({ request }) => (JSON.parse(request) as { owner?: string }).owner);
    assert.deepEqual(owners, [undefined, "manager@contoso.example"]);
  });

  test("leaves item and rooms as they were whichever Outlook call is refused once", async () => {
    await scheduling.schedule(CHOICES, noStep);
    const total = item.calls.length;
    for (let number = 1; number <= total; number += 1) {
      item = new FakeItem();
      server = new FakeServer();
      const before = item.visible();
      item.failAt = number;
      await assert.rejects(around().schedule(CHOICES, noStep), OfficeFailure, `call ${number} of ${total}`);
      assert.deepEqual(item.visible(), before, `the item after call ${number} (${item.calls[number - 1]}) failed`);
      assert.equal(server.meetings.size, 0, `no room is left after call ${number} (${item.calls[number - 1]}) failed`);
    }
  });

  test("says that it is half done only where Outlook takes neither the block nor its removal", async () => {
    await scheduling.schedule(CHOICES, noStep);
    const total = item.calls.length;
    for (let number = 1; number <= total; number += 1) {
      item = new FakeItem();
      server = new FakeServer();
      const before = item.visible();
      item.failAlwaysFrom = number;
      const failure = await around().schedule(CHOICES, noStep).catch((caught: unknown) => caught);
      const unchanged = JSON.stringify(item.visible()) === JSON.stringify(before) && server.meetings.size === 0;
      assert.ok(unchanged ? failure instanceof OfficeFailure : failure instanceof HalfDone, `from call ${number}: ${String(failure)}`);
      if (failure instanceof HalfDone) assert.equal(server.meetings.size, 1, "a room that the item may name is kept");
    }
  });

  test("changes nothing where the server refuses", async () => {
    server.failOn = "schedule";
    const before = item.visible();
    await assert.rejects(scheduling.schedule(CHOICES, noStep), ApiProblem);
    assert.deepEqual(item.visible(), before);
  });

  test("a pane opened again after a lost answer makes no second room", async () => {
    const remember = server.schedule.bind(server);
    server.schedule = async (request, key) => {
      await remember(request, key);
      throw new ApiProblem({ status: 504, reason: "outcome-unknown" });
    };
    await assert.rejects(scheduling.schedule(CHOICES, noStep), ApiProblem);
    server.schedule = remember;
    await around().schedule(CHOICES, noStep);
    assert.equal(server.made, 1);
  });

  test("an appointment changed since the key was kept keeps the room that was made under it", async () => {
    await scheduling.schedule(CHOICES, noStep);
    item.kept = { clickmeetingRequest: "key-1" };
    item.title = "Another subject";
    const { meeting } = await around().schedule(CHOICES, noStep);
    assert.equal(meeting.title, "Another subject");
    assert.equal(server.made, 1);
  });

  test("never writes over words typed while the server edited", async () => {
    let typed = 0;
    item.before = (call) => {
      if (call === "body" && server.calls.at(-1) === "body" && typed < 2) {
        typed += 1;
        item.text += `<p>word ${typed}</p>`;
      }
    };
    await scheduling.schedule(CHOICES, noStep);
    assert.equal(item.text, `<p>Hello</p><p>word 1</p><p>word 2</p>${BLOCK}`);
  });

  test("gives up and undoes when the text never rests", async () => {
    let typed = 0;
    item.before = (call) => {
      if (call === "body" && server.calls.includes("body") && typed < 7) item.text += `<p>${(typed += 1)}</p>`;
    };
    const failure = await scheduling.schedule(CHOICES, noStep).catch((caught: unknown) => caught);
    assert.ok(failure instanceof BodyBusy, String(failure));
    assert.ok(!item.text.includes(JOIN_URL));
    assert.equal(server.meetings.size, 0);
  });

  test("refuses a text that would grow over Outlook's limit, and undoes", async () => {
    item.text = "x".repeat(1_000_000);
    await assert.rejects(scheduling.schedule(CHOICES, noStep), BodyTooLong);
    assert.equal(item.text.length, 1_000_000);
    assert.equal(item.place, "Room 7");
    assert.equal(server.meetings.size, 0);
  });

  test("leaves a full location as it is and says so", async () => {
    item.place = "r".repeat(250);
    const { notes } = await scheduling.schedule(CHOICES, noStep);
    assert.deepEqual(notes, ["place-left-out"]);
    assert.equal(item.place, "r".repeat(250));
  });

  test("an appointment without subject gets a name and a note", async () => {
    item.title = "  ";
    const { meeting, notes } = await scheduling.schedule(CHOICES, noStep);
    assert.equal(meeting.title, "Online meeting");
    assert.deepEqual(notes, ["untitled"]);
  });

  test("two panes on one item make one room", async () => {
    const first = await scheduling.schedule(CHOICES, noStep);
    const second = await around().schedule(CHOICES, noStep);
    assert.equal(second.meeting.id, first.meeting.id);
    assert.equal(server.made, 1);
    assert.equal(item.text, `<p>Hello</p>${BLOCK}`);
  });

  test("an item that was switched away costs no room", async () => {
    const running = new AbortController();
    const original = server.schedule.bind(server);
    server.schedule = async (request, key) => {
      const meeting = await original(request, key);
      running.abort();
      return meeting;
    };
    const before = item.visible();
    await assert.rejects(scheduling.schedule(CHOICES, noStep, running.signal));
    assert.equal(server.meetings.size, 0);
    assert.deepEqual(item.visible(), before);
  });
});

describe("open", () => {
  test("finds what was scheduled, and whether the text still says so", async () => {
    const { meeting } = await scheduling.schedule(CHOICES, noStep);
    assert.deepEqual(await around().open(), { state: "scheduled", meeting, inBody: true });
    item.text = "<p>gone</p>";
    assert.deepEqual(await around().open(), { state: "scheduled", meeting, inBody: false });
  });

  test("a meeting that the server no longer has is gone, not an error", async () => {
    const { meeting } = await scheduling.schedule(CHOICES, noStep);
    server.meetings.clear();
    assert.deepEqual(await around().open(), { state: "gone", id: meeting.id });
  });

  test("a new appointment is nothing yet and asks no server", async () => {
    assert.deepEqual(await scheduling.open(), { state: "none", unfinished: false });
    assert.deepEqual(server.calls, []);
  });
});

describe("two panes on one item", () => {
  test("make one room, one after the other", async () => {
    const other = around();
    const first = await scheduling.schedule(CHOICES, noStep);
    const second = await other.schedule(CHOICES, noStep);
    assert.equal(second.meeting.id, first.meeting.id);
    assert.equal(server.made, 1);
    assert.equal(item.text.split(BLOCK).length - 1, 1);
  });

  test("make one room at the same time", async () => {
    const both = await Promise.all([scheduling.schedule(CHOICES, noStep), around().schedule(CHOICES, noStep)]);
    assert.equal(new Set(both.map(({ meeting }) => meeting.id)).size, 1);
    assert.equal(server.made, 1);
    assert.equal(item.text.split(BLOCK).length - 1, 1);
  });
});

describe("a text with pictures of its own", () => {
  const PICTURE = '<p>Plan: <img src="cid:image001.png@01D"></p>';

  test("gets the block above it and is not written anew", async () => {
    item.text = PICTURE;
    const { notes } = await scheduling.schedule(CHOICES, noStep);
    assert.equal(item.text, BLOCK + PICTURE);
    assert.deepEqual(notes, ["pictures-above"]);
    assert.ok(!item.calls.includes("setBody"));
  });

  test("keeps a block that is no longer right, and says so", async () => {
    const { meeting } = await scheduling.schedule(CHOICES, noStep);
    item.text = BLOCK + PICTURE;
    const { notes } = await scheduling.writeAgain(meeting);
    assert.deepEqual(notes, ["pictures-stale"]);
    assert.equal(item.text, BLOCK + PICTURE);
  });

  test("keeps the block when the room is removed, and says so", async () => {
    item.text = PICTURE;
    const { meeting } = await scheduling.schedule(CHOICES, noStep);
    assert.deepEqual(await scheduling.remove(meeting, noStep), ["pictures-left"]);
    assert.equal(item.text, BLOCK + PICTURE);
    assert.deepEqual(item.kept, {}, "everything else is taken out");
    assert.equal(item.place, "Room 7");
  });

  test("is as it was where Outlook refuses the insertion", async () => {
    item.text = PICTURE;
    const before = item.visible();
    item.prependBody = () => Promise.reject(new OfficeFailure("body.prependAsync", "refused", 9000));
    await assert.rejects(scheduling.schedule(CHOICES, noStep), OfficeFailure);
    assert.deepEqual(item.visible(), before);
    assert.equal(server.meetings.size, 0);
  });
});

test("a press that was under way when the pane was closed is remembered", async () => {
  server.failOn = "schedule";
  await assert.rejects(scheduling.schedule(CHOICES, noStep), ApiProblem);
  assert.deepEqual(await around().open(), { state: "none", unfinished: true });
});

describe("remove", () => {
  test("takes out the block, our place and the memory, and nothing else", async () => {
    const before = item.visible();
    const { meeting } = await scheduling.schedule(CHOICES, noStep);
    await scheduling.remove(meeting, noStep);
    assert.deepEqual(item.visible(), before);
    assert.deepEqual(item.kept, {});
    assert.equal(server.meetings.size, 0);
  });

  test("changes nothing where the server refuses", async () => {
    const { meeting } = await scheduling.schedule(CHOICES, noStep);
    const before = item.visible();
    server.failOn = "remove";
    await assert.rejects(scheduling.remove(meeting, noStep), ApiProblem);
    assert.deepEqual(item.visible(), before);
  });

  test("says what is left where Outlook refuses, and can be finished later", async () => {
    const { meeting } = await scheduling.schedule(CHOICES, noStep);
    const original = item.setBody.bind(item);
    item.setBody = () => Promise.reject(new OfficeFailure("body.setAsync", "refused", 9000));
    const failure = await scheduling.remove(meeting, noStep).catch((caught: unknown) => caught);
    assert.ok(failure instanceof HalfDone && failure.left === "unremoved", String(failure));
    item.setBody = original;
    await around().clean(meeting.id);
    assert.ok(!item.text.includes(JOIN_URL));
  });
});

describe("change", () => {
  test("never speaks of permanence (R8)", async () => {
    const { meeting } = await scheduling.schedule(CHOICES, noStep);
    let sent: object = {};
    const original = server.change.bind(server);
    server.change = (id, change) => {
      sent = change;
      return original(id, change);
    };
    await scheduling.change(meeting, { ...CHOICES, access: "token" }, noStep);
    assert.ok(!("permanent" in sent));
    assert.ok("access" in sent);
  });

  test("keeps the room and says so where the text cannot be written", async () => {
    const { meeting } = await scheduling.schedule(CHOICES, noStep);
    item.text = "<p>Hello</p>";
    item.setBody = () => Promise.reject(new OfficeFailure("body.setAsync", "silent"));
    const failure = await scheduling.change(meeting, CHOICES, noStep).catch((caught: unknown) => caught);
    assert.ok(failure instanceof HalfDone && failure.left === "unwritten", String(failure));
    assert.equal(server.meetings.size, 1);
  });
});

test("mentions finds the link plain, escaped and inside a scanner's link", () => {
  const url = "https://contoso.clickmeeting.com/abc?x=1&y=2";
  assert.ok(mentions(`<a href="HTTPS://contoso.clickmeeting.com/abc?x=1&amp;y=2">`, url));
  assert.ok(mentions(`https://eur01.safelinks.protection.outlook.com/?url=${encodeURIComponent(url)}&data=1`, url));
  assert.ok(!mentions("<p>contoso.clickmeeting.com</p>", url));
});

describe("two at once on one item", () => {
  test("what reads, changes and writes the text is done in one go by each", async () => {
    const { meeting } = await scheduling.schedule(CHOICES, noStep);
    item.text = "<p>Hello</p>";
    item.calls.length = 0;
    assert.deepEqual((await Promise.all([scheduling.mend(), around().mend(), around().mend()])).sort(), [false, false, true]);
    const text = item.calls.filter((call) => /^(bodyType|body|setBody)$/.test(call));
    assert.deepEqual(text, ["bodyType", "body", "body", "setBody", "bodyType", "body", "bodyType", "body"]);
    assert.equal(item.text, `<p>Hello</p>${BLOCK}`);
    assert.equal(meeting.id, "m1");
  });

  test("pages share the lock where the browser has locks, and go on where a frame may not lock", async () => {
    await scheduling.schedule(CHOICES, noStep);
    const names: string[] = [];
    for (const allowed of [true, false]) {
      const request = async (name: string, work: () => Promise<unknown>): Promise<unknown> => {
        names.push(name);
        if (!allowed) throw new DOMException("x", "SecurityError");
        return work();
      };
      Object.defineProperty(globalThis, "navigator", { value: { locks: { request } }, configurable: true });
      item.text = "<p>Hello</p>";
      assert.equal(await around().mend(), true);
    }
    Reflect.deleteProperty(globalThis, "navigator");
    assert.deepEqual(names, ["clickmeeting-m1", "clickmeeting-m1"]);
  });

  test("a failure lets the next one go on", async () => {
    await scheduling.schedule(CHOICES, noStep);
    item.text = "<p>Hello</p>";
    server.failOn = "body";
    const first = scheduling.mend();
    const second = around().mend();
    await assert.rejects(first, ApiProblem);
    await assert.rejects(second, ApiProblem);
    server.failOn = "";
    assert.equal(await around().mend(), true);
  });
});
