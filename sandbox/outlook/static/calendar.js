/** The week of a calendar: shows events, opens them, lets them be dragged to another time. */

import { Api, mailboxPath } from "./api.js";
import { dateText, daysBetween, instantOf, plusDays, readWall, timeText, wallOf, weekdayOf } from "./zones.js";

const HOUR = 40;
const SNAP_MIN = 15;
const NAMES = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const config = JSON.parse(document.getElementById("config").textContent);
const api = new Api(config.upn, config.owner);
const week = document.getElementById("week");
const which = document.getElementById("which");
const message = document.getElementById("message");
const zone = config.zones[zoneOfOwner()];
const today = { ...wallOf(config.now, zone), hour: 0, minute: 0 };
let monday = mondayOf(dateFrom(new URLSearchParams(location.search).get("date")) ?? today);

function zoneOfOwner() {
  return config.state.zone;
}

function dateFrom(text) {
  return text ? readWall(text, "00:00") : null;
}

function mondayOf(wall) {
  return plusDays(wall, -((weekdayOf(wall) + 6) % 7));
}

function address(page, state) {
  const query = new URLSearchParams({ id: state });
  if (config.owner) {
    query.set("owner", config.owner);
  }
  return `${mailboxPath(config.upn)}/${page}?${query}`;
}

async function open(state) {
  const page = state.isOrganizer ? "compose" : "event";
  if (!state.seriesId || !state.isOrganizer) {
    location.assign(address(page, state.id));
    return;
  }
  which.returnValue = "";
  which.showModal();
  await new Promise((done) => which.addEventListener("close", done, { once: true }));
  if (which.returnValue) {
    location.assign(address(page, which.returnValue === "all" ? state.seriesId : state.id));
  }
}

function block(state) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "event";
  made.classList.toggle("cancelled", state.isCancelled);
  made.classList.toggle("tentative", ["notResponded", "tentativelyAccepted"].includes(state.response));
  const title = document.createElement("strong");
  title.textContent = state.subject || "(no title)";
  const detail = document.createElement("span");
  detail.textContent = state.isAllDay ? state.location : `${timeText(wallOf(state.start, zone))} ${state.location}`;
  made.append(title, detail);
  made.dataset.id = state.id;
  made.addEventListener("click", () => {
    if (!made.dataset.dragged) {
      open(state);
    }
    delete made.dataset.dragged;
  });
  return made;
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
    }
    const taken = new Set(cluster.filter((other) => other.end > state.start).map((other) => found.get(other).lane));
    let lane = 0;
    while (taken.has(lane)) {
      lane += 1;
    }
    found.set(state, { lane, width: 1 });
    cluster.push(state);
    until = Math.max(cluster.length === 1 ? -Infinity : until, state.end);
  }
  close();
  return found;
}

function placeTimed(made, state, day, { lane, width }) {
  const next = plusDays(day, 1);
  const from = Math.max(state.start, instantOf(day, zone));
  const to = Math.min(state.end, instantOf(next, zone));
  const wall = wallOf(from, zone);
  const top = ((wall.hour * 60 + wall.minute) / 60) * HOUR;
  made.style.top = `${top}px`;
  made.style.height = `${Math.max(20, ((to - from) / 3600000) * HOUR - 2)}px`;
  made.style.left = `calc(${(100 * lane) / width}% + 2px)`;
  made.style.width = `calc(${100 / width}% - 4px)`;
}

function letDrag(made, state, column) {
  if (!state.isOrganizer) {
    return;
  }
  made.addEventListener("pointerdown", (down) => {
    const start = { x: down.clientX, y: down.clientY, top: made.offsetTop, left: made.getBoundingClientRect().left };
    const width = column.getBoundingClientRect().width;
    let moved = null;
    const move = (event) => {
      const minutes = Math.round(((event.clientY - start.y) / HOUR) * (60 / SNAP_MIN)) * SNAP_MIN;
      const days = Math.round((event.clientX - start.x) / width);
      if (moved || minutes || days) {
        moved = { minutes, days };
        made.dataset.dragged = "yes";
        made.classList.add("moving");
        made.style.transform = `translate(${days * width}px, ${(minutes / 60) * HOUR}px)`;
      }
    };
    const up = () => {
      made.removeEventListener("pointermove", move);
      made.classList.remove("moving");
      if (moved && (moved.minutes || moved.days)) {
        drop(state, moved);
      }
    };
    made.setPointerCapture(down.pointerId);
    made.addEventListener("pointermove", move);
    made.addEventListener("pointerup", up, { once: true });
  });
}

async function drop(state, { minutes, days }) {
  const wall = plusDays(wallOf(state.start, zone), days);
  const start = instantOf(wall, zone) + minutes * 60000;
  try {
    await api.move(state.id, start, start + (state.end - state.start));
    say(`Moved to ${dateText(wallOf(start, zone))} ${timeText(wallOf(start, zone))}. Updates were sent.`);
  } catch (error) {
    say(error.message);
  }
  await show();
}

function say(text) {
  message.textContent = text;
  message.hidden = false;
}

function cell(className, text = "") {
  const made = document.createElement("div");
  made.className = className;
  made.textContent = text;
  return made;
}

function newAt(day, event) {
  if (event.target !== event.currentTarget) {
    return;
  }
  const minutes = Math.floor((event.offsetY / HOUR) * 2) * 30;
  const start = instantOf({ ...day, hour: Math.floor(minutes / 60), minute: minutes % 60 }, zone);
  const query = new URLSearchParams({ start, end: start + 1800000 });
  if (config.owner) {
    query.set("owner", config.owner);
  }
  location.assign(`${mailboxPath(config.upn)}/compose?${query}`);
}

/** Put the events into the strips of all-day events and the columns of hours. */
function fill(days, events, whole, columns) {
  const places = lanes(events.filter((state) => !state.isAllDay));
  for (const state of events) {
    days.forEach((day, index) => {
      const begins = instantOf(day, zone);
      const ends = instantOf(plusDays(day, 1), zone);
      if (state.start >= ends || state.end <= begins) {
        return;
      }
      const made = block(state);
      if (state.isAllDay) {
        whole[index].append(made);
      } else {
        placeTimed(made, state, day, places.get(state));
        letDrag(made, state, columns[index]);
        columns[index].append(made);
      }
    });
  }
}

async function show() {
  const days = NAMES.map((_, index) => plusDays(monday, index));
  const from = instantOf(monday, zone);
  const to = instantOf(plusDays(monday, 7), zone);
  const events = await api.events(new Date(from).toISOString(), new Date(to).toISOString());
  const heads = days.map((day, index) => {
    const head = cell("head", `${NAMES[index]} ${day.day}`);
    head.classList.toggle("today", daysBetween(day, today) === 0);
    return head;
  });
  const hours = cell("hours");
  for (let hour = 0; hour < 24; hour += 1) {
    hours.append(cell("hour", `${String(hour).padStart(2, "0")}:00`));
  }
  const whole = days.map(() => cell("whole"));
  const columns = days.map((day) => {
    const column = cell("day");
    column.style.height = `${24 * HOUR}px`;
    column.addEventListener("dblclick", (event) => newAt(day, event));
    return column;
  });
  fill(days, events, whole, columns);
  const scrolled = week.scrollTop;
  week.replaceChildren(cell("head"), ...heads, cell("whole"), ...whole, hours, ...columns);
  week.scrollTop = scrolled || 7 * HOUR;
  document.getElementById("range").textContent = `${dateText(days[0])} – ${dateText(days[6])}`;
  document.body.dataset.state = "ready";
}

function turn(days) {
  monday = days === 0 ? mondayOf(today) : plusDays(monday, days);
  show().catch((error) => say(error.message));
}

document.getElementById("today").addEventListener("click", () => turn(0));
document.getElementById("earlier").addEventListener("click", () => turn(-7));
document.getElementById("later").addEventListener("click", () => turn(7));
document.getElementById("owner")?.addEventListener("change", (event) => {
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
