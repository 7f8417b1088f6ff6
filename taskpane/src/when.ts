/** A meeting's time as a sentence part in the reader's language, on the mailbox's clock; pure. */

const WALL_ONLY = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2})(?::\d{2}(?:\.\d+)?)?)?$/;

/** `toWall` gives the mailbox's wall clock of an instant as a Date read in UTC. */
export function whenText(
  meeting: { readonly start: string; readonly end: string },
  locale: string,
  toWall: (instant: Date) => Date,
): string {
  const start = wall(meeting.start, toWall);
  const end = wall(meeting.end, toWall);
  const format = new Intl.DateTimeFormat(locale, {
    weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "numeric", minute: "2-digit", timeZone: "UTC",
  });
  return start <= end ? format.formatRange(start, end) : format.format(start);
}

function wall(text: string, toWall: (instant: Date) => Date): Date {
  const local = WALL_ONLY.exec(text);
  return local === null ? toWall(new Date(text)) : new Date(`${local[1]}T${local[2] ?? "00:00"}:00Z`);
}
