/** Draws a calendar as a list of days with their events; it fetches nothing and changes nothing. */

import { make } from "./faces.js";
import { blockOf, shortPlace } from "./week.js";
import { dateText, daysBetween, wallOf } from "./zones.js";

/** Events by the day on which they begin (or the first shown one, for what began before). */
export function drawAgenda(agenda, events, { from, today, zone, language }, onOpen) {
  const days = new Map();
  for (const state of events) {
    const begins = { ...wallOf(state.start, zone), hour: 0, minute: 0 };
    const day = daysBetween(from, begins) < 0 ? from : begins;
    const key = dateText(day);
    days.set(key, { day, states: [...(days.get(key)?.states ?? []), state] });
  }
  agenda.replaceChildren(...[...days.values()].map(({ day, states }) => section(day, states, { today, zone, language }, onOpen)));
  if (days.size === 0) {
    agenda.append(make("p", "empty", "Nothing in these four weeks."));
  }
}

function section(day, states, { today, zone, language }, onOpen) {
  const date = new Date(Date.UTC(day.year, day.month - 1, day.day));
  const name = date.toLocaleDateString(language, { timeZone: "UTC", weekday: "long", day: "numeric", month: "long", year: "numeric" });
  const isToday = daysBetween(day, today) === 0;
  return make(
    "section", "agenda-day",
    make("h2", isToday ? "today" : "", name, isToday ? make("span", "badge", "today") : null),
    make("ul", "", ...states.map((state) => row(state, zone, onOpen)))
  );
}

function row(state, zone, onOpen) {
  const join = /https:\/\/[^\s;]+/.exec(state.location)?.[0];
  const link = join ? make("a", "button", "Join") : null;
  if (link) {
    Object.assign(link, { href: join, target: "_blank", rel: "noopener" });
    link.setAttribute("aria-label", `Join ${state.subject}`);
  }
  const block = blockOf(state, zone, onOpen);
  block.querySelector(".event-place")?.replaceChildren(shortPlace(state.location));
  const people = state.required.length + state.optional.length;
  const about = `${state.isOrganizer ? "You organise" : state.organizer.name}${people ? ` · ${people} invited` : ""}`;
  return make("li", "agenda-row", block, make("span", "faint agenda-about", about), link);
}
