/** Wall clocks and instants in IANA zones, by the browser's own tables; it knows no event. */

const formats = new Map();

function format(zone) {
  let found = formats.get(zone);
  if (!found) {
    found = new Intl.DateTimeFormat("en-GB", {
      timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric",
      minute: "numeric", second: "numeric",
    });
    formats.set(zone, found);
  }
  return found;
}

/** The wall clock of an instant as {year, month 1-12, day, hour, minute}. */
export function wallOf(instant, zone) {
  const parts = {};
  for (const { type, value } of format(zone).formatToParts(new Date(instant))) {
    parts[type] = Number(value);
  }
  return { year: parts.year, month: parts.month, day: parts.day, hour: parts.hour, minute: parts.minute };
}

/** Minutes by which the zone is ahead of UTC at an instant. */
export function offsetAt(instant, zone) {
  const wall = wallOf(instant, zone);
  const whole = Math.floor(instant / 60000) * 60000;
  return Math.round((Date.UTC(wall.year, wall.month - 1, wall.day, wall.hour, wall.minute) - whole) / 60000);
}

/** The instant of a wall clock; the earlier of two, and just after a gap where it does not exist. */
export function instantOf(wall, zone) {
  const asUtc = Date.UTC(wall.year, wall.month - 1, wall.day, wall.hour, wall.minute);
  const early = asUtc - offsetAt(asUtc - 86400000, zone) * 60000;
  const late = asUtc - offsetAt(asUtc + 86400000, zone) * 60000;
  for (const candidate of [Math.min(early, late), Math.max(early, late)]) {
    if (sameWall(wallOf(candidate, zone), wall)) {
      return candidate;
    }
  }
  return Math.max(early, late);
}

function sameWall(left, right) {
  return (
    left.year === right.year && left.month === right.month && left.day === right.day && left.hour === right.hour &&
    left.minute === right.minute
  );
}

/** YYYY-MM-DD */
export function dateText(wall) {
  return `${String(wall.year).padStart(4, "0")}-${two(wall.month)}-${two(wall.day)}`;
}

/** HH:MM */
export function timeText(wall) {
  return `${two(wall.hour)}:${two(wall.minute)}`;
}

/** The wall clock of the two texts of a form; null where one is not a date or time. */
export function readWall(date, time) {
  const day = /^(\d{4})-(\d\d)-(\d\d)$/.exec(date);
  const clock = /^(\d\d):(\d\d)/.exec(time);
  if (!day || !clock) {
    return null;
  }
  return { year: +day[1], month: +day[2], day: +day[3], hour: +clock[1], minute: +clock[2] };
}

/** A wall clock `days` later, at the same time of day. */
export function plusDays(wall, days) {
  const moved = new Date(Date.UTC(wall.year, wall.month - 1, wall.day + days));
  return {
    ...wall, year: moved.getUTCFullYear(), month: moved.getUTCMonth() + 1, day: moved.getUTCDate(),
  };
}

/** 0 Sunday .. 6 Saturday */
export function weekdayOf(wall) {
  return new Date(Date.UTC(wall.year, wall.month - 1, wall.day)).getUTCDay();
}

/** Whole days from one date to another. */
export function daysBetween(from, to) {
  return Math.round(
    (Date.UTC(to.year, to.month - 1, to.day) - Date.UTC(from.year, from.month - 1, from.day)) / 86400000
  );
}

export function daysInMonth(year, month) {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

function two(number) {
  return String(number).padStart(2, "0");
}
