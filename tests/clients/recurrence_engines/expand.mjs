// Expands what each input line asks for with another engine, one JSON line out for each line in.
//   {"engine": "rrule-temporal", "rule", "dtstart": "20260105T090000", "zone", "limit": "2030-12-31"} -> {"starts": [local wall clock]}
//   {"engine": "ical.js", "rule", "dtstart": "2026-01-05T09:00:00", "limit"} -> {"starts": [...]}
//   {"engine": "ical.js-file", "text", "limit"} -> {"starts": {uid: [UTC instants]}}
import { createInterface } from "node:readline";
import ICAL from "ical.js";
import { Temporal } from "@js-temporal/polyfill";

globalThis.Temporal ??= Temporal;
const { RRuleTemporal } = await import("rrule-temporal");

const MOST = 3000;

function byTemporal({ rule, dtstart, zone, limit }) {
  const text = `DTSTART;TZID=${zone}:${dtstart}\nRRULE:${rule}`;
  const engine = new RRuleTemporal({ rruleString: text, maxIterations: 100_000 });
  const starts = [];
  engine.all((when, index) => {
    const local = when.toPlainDateTime().toString({ smallestUnit: "second" });
    if (local.slice(0, 10) > limit || index >= MOST) return false;
    starts.push(local);
    return true;
  });
  return starts;
}

function byIcal({ rule, dtstart, limit }) {
  const iterator = ICAL.Recur.fromString(rule).iterator(ICAL.Time.fromString(dtstart));
  const starts = [];
  for (let next = iterator.next(); next && starts.length < MOST; next = iterator.next()) {
    const local = next.toString();
    if (local.slice(0, 10) > limit) break;
    starts.push(local);
  }
  return starts;
}

function byIcalFile({ text, limit }) {
  const calendar = new ICAL.Component(ICAL.parse(text));
  for (const zone of calendar.getAllSubcomponents("vtimezone")) {
    ICAL.TimezoneService.register(new ICAL.Timezone(zone));
  }
  const found = {};
  const events = calendar.getAllSubcomponents("vevent").map((component) => new ICAL.Event(component));
  for (const event of events.filter((one) => !one.isRecurrenceException())) {
    for (const exception of events.filter((one) => one.isRecurrenceException() && one.uid === event.uid)) {
      event.relateException(exception);
    }
    const iterator = event.iterator();
    const starts = [];
    for (let next = iterator.next(); next && starts.length < MOST; next = iterator.next()) {
      if (next.toString().slice(0, 10) > limit) break;
      const start = event.getOccurrenceDetails(next).startDate;
      starts.push(start.isDate ? start.toString() : new Date(start.toUnixTime() * 1000).toISOString());
    }
    found[event.uid] = starts.sort();
  }
  return found;
}

const engines = { "rrule-temporal": byTemporal, "ical.js": byIcal, "ical.js-file": byIcalFile };

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  let answer;
  try {
    answer = { starts: engines[asked.engine](asked) };
  } catch (error) {
    answer = { error: String(error) };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}
