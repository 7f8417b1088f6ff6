/** A meeting's time in the reader's language, on the mailbox's clock; pure. */

const WALL_ONLY = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2}))?/;
const WITH_OFFSET = /T.*(?:Z|[+-]\d{2}:?\d{2})$/;

export interface Timed {
  readonly start: string;
  readonly end: string;
  readonly time_zone: string;
  readonly all_day?: boolean;
}

/** `toWall` gives the mailbox's wall clock of an instant as a Date that is read in UTC. */
export function whenText(meeting: Timed, locale: string, toWall: (instant: Date) => Date): string {
  const date = { weekday: "short", day: "numeric", month: "short", year: "numeric", timeZone: "UTC" } as const;
  if (meeting.all_day) {
    // the end of a whole day is the midnight after it
    const last = new Date(asUtc(meeting.end).getTime() - 1);
    return new Intl.DateTimeFormat(locale, date).formatRange(asUtc(meeting.start), last);
  }
  const [start, end] = [meeting.start, meeting.end].map((text) => toWall(instant(text, meeting.time_zone))) as [Date, Date];
  const format = new Intl.DateTimeFormat(locale, { ...date, hour: "numeric", minute: "2-digit" });
  return start <= end ? format.formatRange(start, end) : format.format(start);
}

/** A clock time in a zone and what that zone's time is called, in the reader's language. */
export function zonedTime(text: string, zone: string, locale: string): { readonly time: string; readonly zone: string } {
  const at = new Date(text);
  const time = new Intl.DateTimeFormat(locale, { timeZone: zone, hour: "numeric", minute: "2-digit" }).format(at);
  const named = new Intl.DateTimeFormat(locale, { timeZone: zone, timeZoneName: "long" }).formatToParts(at);
  return { time, zone: named.find(({ type }) => type === "timeZoneName")?.value ?? zone };
}

/** The instant of an ISO text, which is wall clock in `zone` (IANA) where it has no offset. */
export function instant(text: string, zone: string): Date {
  if (WITH_OFFSET.test(text)) return new Date(text);
  const wanted = asUtc(text).getTime();
  // twice: the first guess may lie on the other side of a clock change
  let guess = wanted;
  for (let round = 0; round < 2; round += 1) guess = wanted - (wallIn(zone, guess) - guess);
  return new Date(guess);
}

function asUtc(text: string): Date {
  const parts = WALL_ONLY.exec(text);
  if (parts === null) throw new RangeError(`not a date: ${text}`);
  return new Date(`${parts[1]}T${parts[2] ?? "00:00"}:00Z`);
}

/** What the clock of `zone` shows at `time`, as milliseconds read in UTC. */
function wallIn(zone: string, time: number): number {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric",
  });
  const part: Record<string, number> = {};
  for (const { type, value } of format.formatToParts(time)) part[type] = Number(value);
  return Date.UTC(part["year"]!, part["month"]! - 1, part["day"]!, part["hour"]!, part["minute"]!, part["second"]!);
}
