/** What the pane sends for a series; the server's tests read the same files and tell what comes of them. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { readAppointment } from "../src/appointment.ts";
import { FakeItem } from "./fakes.ts";

const ZONE = "Central European Standard Time";

test("the 31st of each month is sent as Outlook holds it, month by month without a guess", async () => {
  const item = new FakeItem();
  item.title = "Month's end";
  item.start = async () => new Date("2027-01-31T09:00:00Z");
  item.end = async () => new Date("2027-01-31T09:30:00Z");
  item.people = async () => [];
  const series = { getStartDate: () => "2027-01-31", getEndDate: () => "2027-12-31", getStartTime: () => "T10:00:00.000Z", getDuration: () => 30 };
  const recurrence = { recurrenceType: "monthly", recurrenceProperties: { interval: 1, dayOfMonth: 31 }, recurrenceTimeZone: { name: ZONE, offset: 60 }, seriesTime: series };
  item.recurrence = async () => recurrence as unknown as Office.Recurrence;
  const sent = await readAppointment(item, ZONE, () => ({ hours: 10, minutes: 0 }));
  assert.deepEqual(JSON.parse(JSON.stringify(sent)), JSON.parse(readFileSync("../tests/data/recurrence/pane_monthly_31.json", "utf8")));
});
