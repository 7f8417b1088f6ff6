/** The open appointment read once, and as our server wants to hear it; it must not know the pane or the network. */

import type { OpenItem, Person } from "./office/item.ts";
import { recurrenceJson, type RecurrenceJson, type RecurrenceReader } from "./recurrence.ts";

export interface Participant extends Person {
  readonly type: "required" | "optional" | "resource";
}

/** `start` and `end` are instants in ISO 8601 with Z; `time_zone` is the name Outlook uses (Windows). */
export interface Appointment {
  readonly title: string;
  readonly start: string;
  readonly end: string;
  readonly time_zone: string;
  readonly all_day: boolean;
  readonly recurrence: { readonly officejs: RecurrenceJson } | null;
  readonly participants: readonly Participant[];
}

const DAY_MS = 86_400_000;

/** Reads everything, one call after the other; any failure is OfficeFailure and nothing was changed. */
export async function readAppointment(item: OpenItem, zone: string, wallClock: WallClock): Promise<Appointment> {
  const title = oneLine(await item.subject());
  const start = await item.start();
  const end = await item.end();
  const allDay = (await item.allDay()) ?? looksAllDay(start, end, wallClock);
  const recurrence = await item.recurrence();
  const required = await item.people("required");
  const optional = await item.people("optional");
  const rooms = await item.rooms();
  return {
    title,
    start: start.toISOString(),
    end: end.toISOString(),
    time_zone: zone,
    all_day: allDay,
    recurrence: recurrence === null ? null : { officejs: recurrenceJson(recurrence as unknown as RecurrenceReader, zone) },
    participants: participants(required, optional, rooms),
  };
}

/** The hour and minute that an instant shows on the mailbox's clock. */
export type WallClock = (instant: Date) => { readonly hours: number; readonly minutes: number };

/** Where Outlook cannot say, midnight to midnight in the mailbox's zone (23 to 25 h a day) is a whole day. */
export function looksAllDay(start: Date, end: Date, wallClock: WallClock): boolean {
  const length = end.getTime() - start.getTime();
  const midnight = (instant: Date): boolean => {
    const { hours, minutes } = wallClock(instant);
    return hours === 0 && minutes === 0;
  };
  return length >= DAY_MS - 3_600_000 && midnight(start) && midnight(end);
}

/** Each address once: a meeting room is a resource even where Outlook lists it among the people too. */
export function participants(
  required: readonly Person[],
  optional: readonly Person[],
  rooms: readonly Person[],
): readonly Participant[] {
  const byAddress = new Map<string, Participant>();
  const add = (people: readonly Person[], type: Participant["type"]): void => {
    for (const { address, name } of people) {
      const key = address.trim().toLowerCase();
      if (key.includes("@") && !byAddress.has(key)) byAddress.set(key, { address: key, name: name || key, type });
    }
  };
  add(rooms, "resource");
  add(required, "required");
  add(optional, "optional");
  return [...byAddress.values()];
}

/** Pasted subjects carry tabs and halves of cut emoji, which no JSON reader has to take. */
export function oneLine(subject: string): string {
  // by code points a half emoji is a single unit; the regular expression for it needs a newer Safari
  const whole = [...subject].filter((sign) => !/^[\uD800-\uDFFF]$/.test(sign)).join("");
  return whole.replace(/[\u0000-\u001f\u007f]+/g, " ").trim();
}

/** True where the two would make the same meeting. */
export function sameAppointment(one: Appointment, other: Appointment): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
