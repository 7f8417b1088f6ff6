import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { CallQueue, OfficeFailure } from "../src/office/calls.ts";
import { OutlookItem } from "../src/office/item.ts";

type Done = (answer: { status: string; value?: unknown; error?: unknown }) => void;

/** What was asked of office.js, in order; answers are given at once unless they are held back. */
let asked: string[];
let held: (() => void)[] | null;
let fail: string;

function answers(name: string, value: unknown) {
  return (...given: unknown[]): void => {
    const done = given.at(-1) as Done;
    asked.push(given.length > 1 ? `${name} ${JSON.stringify(given[0])}` : name);
    const answer = (): void => done(fail === name ? { status: "failed", error: { code: 9001, name: "x", message: "x" } } : { status: "succeeded", value });
    if (held === null) answer();
    else held.push(answer);
  };
}

function compose(): object {
  return {
    itemType: "appointment",
    seriesId: null,
    subject: { getAsync: answers("subject", "Planning") },
    body: { getTypeAsync: answers("type", "text"), getAsync: answers("body", "Hello"), setAsync: answers("setBody", undefined) },
    addHandlerAsync: answers("addHandler", undefined),
    loadCustomPropertiesAsync: answers("properties", { get: (name: string) => ({ text: "x", number: 5, date: new Date(0), empty: "" })[name] }),
  };
}

function show(item: object | null): void {
  const EventType = { AppointmentTimeChanged: "time", RecurrenceChanged: "recurrence", RecipientsChanged: "people" };
  Object.assign(globalThis, {
    Office: {
      EventType,
      CoercionType: { Html: "html", Text: "text" },
      MailboxEnums: { ItemType: { Appointment: "appointment", Message: "message" } },
      context: { requirements: { isSetSupported: () => true }, mailbox: { item } },
    },
  });
}

function current(): OutlookItem {
  const item = OutlookItem.current(new CallQueue(50));
  assert.ok(item);
  return item;
}

beforeEach(() => {
  [asked, held, fail] = [[], null, ""];
  show(compose());
});

const is = (kind: string) => (failure: unknown): boolean => failure instanceof OfficeFailure && failure.kind === kind;

describe("the open item", () => {
  test("a plain-text body is asked for and written as text", async () => {
    const item = current();
    const type = await item.bodyType();
    await item.body(type);
    await item.setBody("Hello again", type);
    assert.deepEqual(asked, ["type", 'body "text"', 'setBody "Hello again"']);
  });

  test("is dropped as soon as Outlook shows another one", async () => {
    const item = current();
    assert.equal(await item.subject(), "Planning");
    show(compose());
    await assert.rejects(item.setBody("x", "text"), is("switched"));
    show(null);
    await assert.rejects(item.subject(), is("switched"));
    assert.deepEqual(asked, ["subject"], "nothing was asked of the wrong item");
  });

  test("calls that wait for their turn when another item comes are not made", async () => {
    held = [];
    const item = current();
    const first = item.subject();
    const second = item.setBody("x", "text");
    await new Promise((resolve) => setImmediate(resolve));
    show(compose());
    held.shift()?.();
    assert.equal(await first, "Planning");
    await assert.rejects(second, is("switched"));
    assert.deepEqual(asked, ["subject"]);
  });

  test("only strings of ours come out of the custom properties", async () => {
    const properties = await current().properties();
    assert.deepEqual(["text", "number", "date", "empty", "none"].map((name) => properties.get(name)), ["x", null, null, null, null]);
  });

  test("is none in the read form, in a message, or where nothing is open", () => {
    for (const item of [null, { itemType: "message" }, { itemType: "appointment", subject: "Planning", body: {} }]) {
      show(item);
      assert.equal(OutlookItem.current(new CallQueue()), null);
    }
  });

  test("handlers are added once, however often the pane opens the item", async () => {
    const own = compose();
    show(own);
    await current().watch(() => undefined);
    await current().watch(() => undefined);
    assert.equal(asked.length, 3);
  });

  test("handlers that were refused are added at the next opening", async () => {
    fail = "addHandler";
    await assert.rejects(current().watch(() => undefined), is("refused"));
    fail = "";
    await current().watch(() => undefined);
    assert.equal(asked.length, 4);
  });
});
