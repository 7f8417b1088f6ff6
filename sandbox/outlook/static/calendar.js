/** The calendar's page: which week or list is shown, what opens, and that moved events are stored. */

import { drawAgenda } from "./agenda.js";
import { Api, mailboxPath } from "./api.js";
import { letMove } from "./moving.js";
import { drawWeek } from "./week.js";
import { dateText, instantOf, plusDays, readWall, timeText, wallOf, weekdayOf } from "./zones.js";

const WEEK = 7;
const LIST_DAYS = 28;
const element = (id) => document.getElementById(id);
const config = JSON.parse(element("config").textContent);
const api = new Api(config.upn, config.owner);
const which = element("which");
const message = element("message");
const zone = config.zones[config.state.zone];
const today = { ...wallOf(config.now, zone), hour: 0, minute: 0 };
const query = new URLSearchParams(location.search);
let monday = mondayOf(dateFrom(query.get("date")) ?? today);
let view = query.get("view") ?? (matchMedia("(max-width: 700px)").matches ? "list" : "week");

function dateFrom(text) {
  return text ? readWall(text, "00:00") : null;
}

function mondayOf(wall) {
  return plusDays(wall, -((weekdayOf(wall) + 6) % 7));
}

function open(page, more) {
  const asked = new URLSearchParams(more);
  if (config.owner) {
    asked.set("owner", config.owner);
  }
  location.assign(`${mailboxPath(config.upn)}/${page}?${asked}`);
}

async function openEvent(state) {
  const page = state.isOrganizer ? "compose" : "event";
  if (!state.seriesId || !state.isOrganizer) {
    open(page, { id: state.id });
    return;
  }
  which.returnValue = "";
  which.showModal();
  await new Promise((done) => which.addEventListener("close", done, { once: true }));
  if (which.returnValue) {
    open(page, { id: which.returnValue === "all" ? state.seriesId : state.id });
  }
}

function newAt(day, minutes) {
  const start = instantOf({ ...day, hour: Math.floor(minutes / 60), minute: minutes % 60 }, zone);
  open("compose", { start, end: start + 1800000 });
}

/** The times after a change; a move over a change of the clocks keeps the time of day. */
function changed(state, { minutes, days, longer }) {
  const start = instantOf(plusDays(wallOf(state.start, zone), days), zone) + minutes * 60000;
  const end = state.isAllDay
    ? instantOf(plusDays(wallOf(state.end, zone), days), zone)
    : start + (state.end - state.start) + longer * 60000;
  return { start, end };
}

function told(instant) {
  const wall = wallOf(instant, zone);
  return `${dateText(wall)} ${timeText(wall)}`;
}

async function drop(state, change) {
  const { start, end } = changed(state, change);
  if (start === state.start && end === state.end) {
    say("Nothing was changed.");
    return;
  }
  const news = state.isSent ? " Updates were sent." : "";
  try {
    await api.move(state.id, start, end);
    say(change.longer ? `Now it ends at ${told(end)}.${news}` : `Moved to ${told(start)}.${news}`);
  } catch (error) {
    say(error.message);
  }
  await show();
  element("week").querySelector(`[data-id="${CSS.escape(state.id)}"]`)?.focus({ preventScroll: true });
}

function tell(state, change) {
  if (!change) {
    say("It stays where it was.");
    return;
  }
  const { start, end } = changed(state, change);
  say(`${told(start)} – ${timeText(wallOf(end, zone))}. Enter drops it there, Escape leaves it.`);
}

function say(text) {
  message.textContent = text;
  message.hidden = false;
}

function rangeText() {
  const days = view === "week" ? WEEK : LIST_DAYS;
  const [first, last] = [monday, plusDays(monday, days - 1)].map(({ year, month, day }) => new Date(Date.UTC(year, month - 1, day)));
  const format = new Intl.DateTimeFormat(config.language, { timeZone: "UTC", day: "numeric", month: "long", year: "numeric" });
  return format.formatRange(first, last);
}

async function show() {
  const isWeek = view === "week";
  const from = instantOf(monday, zone);
  const to = instantOf(plusDays(monday, isWeek ? WEEK : LIST_DAYS), zone);
  const events = await api.events(new Date(from).toISOString(), new Date(to).toISOString());
  if (isWeek) {
    drawWeek(element("week"), events, { monday, today, now: config.now, zone }, {
      onOpen: openEvent,
      onEmpty: newAt,
      onPlaced: (block, state, column) => {
        letMove(block, state, column, { drop: (change) => drop(state, change), tell: (change) => tell(state, change) });
        if (state.isOrganizer) {
          block.setAttribute("aria-describedby", "keys");
        }
      },
    });
  } else {
    drawAgenda(element("agenda"), events, { from: monday, today, zone, language: config.language }, openEvent);
  }
  element("week").hidden = !isWeek;
  element("keys").hidden = !isWeek;
  element("agenda").hidden = isWeek;
  for (const button of document.querySelectorAll("[data-view]")) {
    button.setAttribute("aria-pressed", String(button.dataset.view === view));
  }
  element("range").textContent = rangeText();
  document.body.dataset.state = "ready";
}

function refresh() {
  show().catch((error) => say(error.message));
}

function turn(weeks) {
  monday = weeks === 0 ? mondayOf(today) : plusDays(monday, weeks * WEEK);
  refresh();
}

element("today").addEventListener("click", () => turn(0));
element("earlier").addEventListener("click", () => turn(-1));
element("later").addEventListener("click", () => turn(1));
for (const button of document.querySelectorAll("[data-view]")) {
  button.addEventListener("click", () => {
    view = button.dataset.view;
    refresh();
  });
}
element("owner")?.addEventListener("change", (event) => {
  const own = event.target.value === config.upn;
  location.assign(`${mailboxPath(config.upn)}${own ? "" : `?owner=${event.target.value}`}`);
});
window.desk = {
  show: (date) => {
    monday = mondayOf(dateFrom(date));
    return show();
  },
};
await show();
