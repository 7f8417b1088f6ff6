/** The window in which an event is read and answered. */

import { Api, mailboxPath } from "./api.js";
import { showBody } from "./reading.js";
import { sentence } from "./recurrence.js";

const config = JSON.parse(document.getElementById("config").textContent);
const { state } = config;
const api = new Api(config.upn, config.owner);
const message = document.getElementById("message");
const zone = config.zones[config.zone];

function say(text) {
  message.textContent = text;
  message.hidden = false;
}

async function tried(act, done) {
  try {
    await act();
    document.body.dataset.state = done;
    location.assign(`${mailboxPath(config.upn)}?done=${done}`);
  } catch (error) {
    say(error.message);
  }
}

const style = state.isAllDay ? { dateStyle: "full" } : { dateStyle: "full", timeStyle: "short" };
const format = new Intl.DateTimeFormat(config.language, { timeZone: zone, ...style });
const end = state.isAllDay ? state.end - 1 : state.end;
document.getElementById("when").textContent = format.formatRange(state.start, end);
document.getElementById("series").textContent = state.recurrence ? sentence(state.recurrence) : "";
showBody(document.getElementById("reading"), state.bodyType === "text" ? "" : state.body, state.body, api);
for (const button of document.querySelectorAll("[data-answer]")) {
  button.addEventListener("click", () => tried(() => api.respond(state.id, button.dataset.answer), "answered"));
}
document.getElementById("delete").addEventListener("click", () => {
  tried(() => api.remove(state.id, true, ""), "deleted");
});
document.body.dataset.state = "ready";
