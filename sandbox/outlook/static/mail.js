/** The list of a person's mails, as the sandbox's outbox has them, and the one that is being read. */

import { Api } from "./api.js";
import { showBody } from "./reading.js";

const config = JSON.parse(document.getElementById("config").textContent);
const list = document.getElementById("list");
const reading = document.getElementById("reading");
const api = new Api(config.upn);
const SENDERS = { graph: "calendar", clickmeeting: "ClickMeeting" };

function read(mail, button) {
  for (const other of list.querySelectorAll("[aria-current]")) {
    other.removeAttribute("aria-current");
  }
  button.setAttribute("aria-current", "true");
  const title = document.createElement("h2");
  title.textContent = mail.subject || "(no subject)";
  const about = document.createElement("p");
  about.className = "faint";
  const source = SENDERS[mail.source] ?? mail.source;
  about.textContent = `From ${mail.sender} · ${shownTime(mail.time)} · ${mail.kind} (${source})`;
  reading.replaceChildren(title, about);
  const { start, end, location } = mail.details ?? {};
  if (start) {
    const when = document.createElement("p");
    when.textContent = `${shownTime(start)} – ${shownTime(end)}${location ? ` · ${location}` : ""}`;
    reading.append(when);
  }
  showBody(reading, mail.html, mail.text, api);
}

function shownTime(time) {
  const zone = config.zones[config.zone];
  return new Date(time).toLocaleString(config.language, { timeZone: zone, dateStyle: "medium", timeStyle: "short" });
}

const mails = await api.mails();
document.getElementById("count").textContent = mails.length === 1 ? "One message" : `${mails.length} messages`;
list.hidden = mails.length === 0;
for (const mail of mails) {
  const entry = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  const subject = document.createElement("strong");
  subject.textContent = mail.subject || "(no subject)";
  const sender = document.createElement("small");
  sender.className = "faint";
  sender.textContent = `${mail.sender} · ${shownTime(mail.time)}`;
  button.append(subject, sender);
  button.addEventListener("click", () => read(mail, button));
  entry.append(button);
  list.append(entry);
}
list.querySelector("button")?.click();
document.body.dataset.state = "ready";
