/** What a series' pattern means, in the shape of Office's own recurrence object; it knows neither form nor channel. */

import { dateText, daysBetween, daysInMonth, plusDays, weekdayOf } from "./zones.js";

export const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
export const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKS = ["first", "second", "third", "fourth", "last"];
const MOST_OCCURRENCES = 999;
const DAY_NAMES = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTH_NAMES = [
  "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
  "December",
];

/** The first and last date of a series, as wall clocks at midnight; `end` is null for one without end. */
export function rangeOf(recurrence) {
  const series = recurrence.seriesTimeJson;
  const start = { year: series.startYear, month: series.startMonth, day: series.startDay, hour: 0, minute: 0 };
  if (series.noEndDate || series.endYear === undefined) {
    return { start, end: null };
  }
  return { start, end: { year: series.endYear, month: series.endMonth, day: series.endDay, hour: 0, minute: 0 } };
}

/** The dates on which the series takes place, at most `most` of them, none after its end. */
export function occurrences(recurrence, most = MOST_OCCURRENCES + 1) {
  const { start, end } = rangeOf(recurrence);
  const found = [];
  const years = 120;
  for (const day of candidates(recurrence, start)) {
    if (found.length >= most || (end && daysBetween(day, end) < 0) || day.year > start.year + years) {
      break;
    }
    if (daysBetween(start, day) >= 0) {
      found.push(day);
    }
  }
  return found;
}

function* candidates(recurrence, start) {
  const properties = recurrence.recurrenceProperties ?? {};
  const interval = Math.max(1, properties.interval ?? 1);
  if (recurrence.recurrenceType === "daily") {
    for (let day = start; day.year < 9000; day = plusDays(day, interval)) {
      yield day;
    }
  } else if (recurrence.recurrenceType === "weekday") {
    yield* weeklyDates(start, 1, ["mon", "tue", "wed", "thu", "fri"], "mon");
  } else if (recurrence.recurrenceType === "weekly") {
    yield* weeklyDates(start, interval, properties.days ?? [], properties.firstDayOfWeek ?? "sun");
  } else {
    const isYearly = recurrence.recurrenceType === "yearly";
    const firstMonth = isYearly ? MONTHS.indexOf(properties.month) : start.month - 1;
    const step = isYearly ? 12 * interval : interval;
    for (let count = start.year * 12 + firstMonth; count < 9000 * 12; count += step) {
      const day = dayInMonth(properties, Math.floor(count / 12), (count % 12) + 1);
      if (day) {
        yield { ...start, ...day };
      }
    }
  }
}

function* weeklyDates(start, interval, days, firstDay) {
  const wanted = new Set(days.map((day) => DAYS.indexOf(day)));
  if (wanted.size === 0) {
    return;
  }
  const back = (weekdayOf(start) - DAYS.indexOf(firstDay) + 7) % 7;
  for (let week = plusDays(start, -back); week.year < 9000; week = plusDays(week, 7 * interval)) {
    for (let index = 0; index < 7; index += 1) {
      const day = plusDays(week, index);
      if (wanted.has(weekdayOf(day))) {
        yield day;
      }
    }
  }
}

function dayInMonth(properties, year, month) {
  const last = daysInMonth(year, month);
  if (properties.dayOfMonth) {
    // Outlook takes the last day where a month is shorter
    return { year, month, day: Math.min(properties.dayOfMonth, last) };
  }
  const days = [];
  for (let day = 1; day <= last; day += 1) {
    if (fitsDay(properties.dayOfWeek, weekdayOf({ year, month, day }))) {
      days.push(day);
    }
  }
  const index = WEEKS.indexOf(properties.weekNumber);
  const chosen = index === 4 ? days[days.length - 1] : days[index];
  return chosen ? { year, month, day: chosen } : null;
}

function fitsDay(name, weekday) {
  if (name === "day") {
    return true;
  }
  const isWeekend = weekday === 0 || weekday === 6;
  if (name === "weekday" || name === "weekendDay") {
    return isWeekend === (name === "weekendDay");
  }
  return DAYS[weekday] === name;
}

/** Why the host refuses a recurrence: an Office error code, or 0. */
export function faultOf(recurrence, knownZones) {
  if (recurrence.recurrenceTimeZone?.name && !knownZones.has(recurrence.recurrenceTimeZone.name)) {
    return 9037;
  }
  const series = recurrence.seriesTimeJson;
  if (!series || !(series.durationMin > 0)) {
    return 9034;
  }
  const { end } = rangeOf(recurrence);
  if (occurrences(recurrence, 1).length === 0) {
    return 9035;
  }
  return end && occurrences(recurrence).length > MOST_OCCURRENCES ? 9036 : 0;
}

/** The series in one English sentence, as Outlook shows it beside the times. */
export function sentence(recurrence) {
  const { start, end } = rangeOf(recurrence);
  const until = end ? ` until ${dateText(end)}` : "";
  return `Occurs ${pattern(recurrence)} starting ${dateText(start)}${until}`;
}

function pattern(recurrence) {
  const properties = recurrence.recurrenceProperties ?? {};
  const interval = properties.interval ?? 1;
  const every = (unit) => (interval === 1 ? `every ${unit}` : `every ${interval} ${unit}s`);
  switch (recurrence.recurrenceType) {
    case "daily":
      return every("day");
    case "weekday":
      return "every weekday";
    case "weekly":
      return `${every("week")} on ${(properties.days ?? []).map((day) => DAY_NAMES[DAYS.indexOf(day)]).join(", ")}`;
    case "monthly":
      return `${dayText(properties)} of ${every("month")}`;
    default:
      return `${dayText(properties)} of ${MONTH_NAMES[MONTHS.indexOf(properties.month)]} ${every("year")}`;
  }
}

function dayText(properties) {
  if (properties.dayOfMonth) {
    return `on day ${properties.dayOfMonth}`;
  }
  const index = DAYS.indexOf(properties.dayOfWeek);
  return `on the ${properties.weekNumber} ${index < 0 ? properties.dayOfWeek : DAY_NAMES[index]}`;
}
