/** Draws a week of a calendar as columns of hours; it fetches nothing and changes nothing. */

import { make } from "./faces.js";
import { daysBetween, instantOf, plusDays, timeText, wallOf } from "./zones.js";

export const HOUR = 44;
const NAMES = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/** The button that stands for an event. */
export function blockOf(state, zone, onOpen) {
  const made = make("button", "event");
  made.type = "button";
  made.classList.toggle("cancelled", state.isCancelled);
  made.classList.toggle("tentative", ["notResponded", "none", "tentativelyAccepted"].includes(state.response) && !state.isOrganizer);
  made.classList.toggle("mine", state.isOrganizer);
  const time = state.isAllDay ? "All day" : `${timeText(wallOf(state.start, zone))} – ${timeText(wallOf(state.end, zone))}`;
  const repeats = state.seriesId || state.recurrence ? make("span", "repeats", "↻") : null;
  repeats?.setAttribute("aria-label", "part of a series");
  repeats?.setAttribute("role", "img");
  made.append(
    make("strong", "", state.subject || "(no title)"),
    make("span", "event-detail", time, repeats),
    state.location ? make("span", "event-place", shortPlace(state.location)) : ""
  );
  made.dataset.id = state.id;
  made.addEventListener("click", () => {
    if (!made.dataset.dragged) {
      onOpen(state);
    }
    delete made.dataset.dragged;
  });
  return made;
}

/** A link as a place: its host is enough to recognise it. */
export function shortPlace(location) {
  return location.replace(/https?:\/\/([^/\s;]+)[^\s;]*/g, "$1");
}

/** Side by side where events overlap: each gets the first free lane of its cluster. */
function lanes(events) {
  const found = new Map();
  let cluster = [];
  let until = -Infinity;
  const close = () => {
    const width = Math.max(0, ...cluster.map((state) => found.get(state).lane + 1));
    for (const state of cluster) {
      found.get(state).width = width;
    }
    cluster = [];
  };
  for (const state of [...events].sort((left, right) => left.start - right.start || right.end - left.end)) {
    if (state.start >= until) {
      close();
      until = -Infinity;
    }
    const taken = new Set(cluster.filter((other) => other.end > state.start).map((other) => found.get(other).lane));
    let lane = 0;
    while (taken.has(lane)) {
      lane += 1;
    }
    found.set(state, { lane, width: 1 });
    cluster.push(state);
    until = Math.max(until, state.end);
  }
  close();
  return found;
}

function place(made, state, day, zone, { lane, width }) {
  const from = Math.max(state.start, instantOf(day, zone));
  const to = Math.min(state.end, instantOf(plusDays(day, 1), zone));
  const wall = wallOf(from, zone);
  made.style.top = `${((wall.hour * 60 + wall.minute) / 60) * HOUR}px`;
  made.style.height = `${Math.max(22, ((to - from) / 3600000) * HOUR - 2)}px`;
  made.classList.toggle("short", to - from <= 30 * 60000);
  made.style.left = `calc(${(100 * lane) / width}% + 2px)`;
  made.style.width = `calc(${100 / width}% - 4px)`;
}

function headOf(day, index, today) {
  const isToday = daysBetween(day, today) === 0;
  const head = make("div", isToday ? "head today" : "head", make("span", "head-name", NAMES[index]), make("span", "head-day", String(day.day)));
  if (isToday) {
    head.append(make("span", "spoken", " (today)"));
  }
  return head;
}

/**
 * @param {HTMLElement} week to be filled  @param {object[]} events that touch it
 * @param {{monday: object, today: object, now: number, zone: string}} at wall clocks at midnight, an instant, an IANA zone
 * @param {{onOpen: Function, onEmpty: (day: object, minutes: number) => void, onPlaced: Function}} acts
 */
export function drawWeek(week, events, { monday, today, now, zone }, { onOpen, onEmpty, onPlaced }) {
  const days = NAMES.map((_, index) => plusDays(monday, index));
  const hours = make("div", "hours");
  for (let hour = 0; hour < 24; hour += 1) {
    hours.append(make("div", "hour", hour === 0 ? "" : `${String(hour).padStart(2, "0")}:00`));
  }
  const whole = days.map(() => make("div", "whole"));
  const columns = days.map((day, index) => {
    const column = make("div", index > 4 ? "day weekend" : "day");
    column.style.height = `${24 * HOUR}px`;
    column.addEventListener("dblclick", (event) => {
      if (event.target === column) {
        onEmpty(day, Math.floor((event.offsetY / HOUR) * 2) * 30);
      }
    });
    if (daysBetween(day, today) === 0) {
      const wall = wallOf(now, zone);
      const line = make("div", "now");
      line.style.top = `${((wall.hour * 60 + wall.minute) / 60) * HOUR}px`;
      column.append(line);
    }
    return column;
  });
  const places = lanes(events.filter((state) => !state.isAllDay));
  for (const state of events) {
    days.forEach((day, index) => {
      if (state.start >= instantOf(plusDays(day, 1), zone) || state.end <= instantOf(day, zone)) {
        return;
      }
      const made = blockOf(state, zone, onOpen);
      if (!state.isAllDay) {
        place(made, state, day, zone, places.get(state));
      }
      (state.isAllDay ? whole : columns)[index].append(made);
      onPlaced(made, state, columns[index]);
    });
  }
  const scrolled = week.scrollTop;
  week.replaceChildren(
    make("div", "head"), ...days.map((day, index) => headOf(day, index, today)), make("div", "whole gutter"), ...whole,
    hours, ...columns
  );
  week.scrollTop = scrolled || 7.5 * HOUR;
}
