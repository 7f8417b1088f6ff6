/** The list of a person's mails, as the sandbox's outbox has them, and the one that is being read. */

import { Api } from "./api.js";
import { face, make, nameOf } from "./faces.js";
import { badge, showLetter, shownTime } from "./letter.js";
import { onNewMail } from "./news.js";

const config = JSON.parse(document.getElementById("config").textContent);
const list = document.getElementById("list");
const reading = document.getElementById("reading");
const whole = document.getElementById("mails");
const api = new Api(config.upn);

function read(mail, button, isAsked) {
  for (const other of list.querySelectorAll("[aria-current]")) {
    other.removeAttribute("aria-current");
  }
  button.setAttribute("aria-current", "true");
  button.classList.remove("unread");
  const title = showLetter(reading, mail, config, api);
  if (isAsked) {
    whole.classList.add("is-reading");
    title.focus({ preventScroll: true });
  }
}

function entry(mail) {
  const from = nameOf(config.people, mail.sender);
  const preview = (mail.text || "").replace(/\s+/g, " ").trim().slice(0, 120);
  const button = make(
    "button", "unread", face(from, mail.sender),
    make(
      "span", "entry",
      make("span", "entry-line", make("strong", "", from), make("small", "faint", shownTime(mail.time, config, { dateStyle: "short", timeStyle: "short" }))),
      make("span", "entry-line", make("span", "entry-subject", mail.subject || "(no subject)"), badge(mail)),
      make("small", "entry-preview faint", preview)
    )
  );
  button.type = "button";
  button.addEventListener("click", () => read(mail, button, true));
  return make("li", "", button);
}

document.getElementById("back").addEventListener("click", () => {
  whole.classList.remove("is-reading");
  list.querySelector("[aria-current]")?.focus();
});

/** The newest come first; what is already listed stays as it is, read or not. */
async function show() {
  const mails = await api.mails();
  const news = mails.slice(0, mails.length - list.children.length);
  list.prepend(...news.map(entry));
  list.hidden = mails.length === 0;
  document.getElementById("count").textContent =
    mails.length === 0 ? "Nothing has come yet." : mails.length === 1 ? "One message" : `${mails.length} messages`;
  if (news.length && !list.querySelector("[aria-current]")) {
    read(news[0], list.querySelector("button"), false);
  }
}

await show();
onNewMail(show);
document.body.dataset.state = "ready";
