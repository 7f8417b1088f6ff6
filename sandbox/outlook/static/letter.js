/** One mail as its receiver reads it: who to whom, when, what is attached, and the body in a frame. */

import { face, make, nameOf } from "./faces.js";
import { showBody } from "./reading.js";

const KINDS = {
  invitation: "Invitation", update: "Update", cancellation: "Cancelled", response: "Answer", mail: "Personal",
};

/** What a mail is, in a word, and the look of that word. */
export function badge(mail) {
  const isRooms = mail.source === "clickmeeting";
  const text = isRooms ? "ClickMeeting" : KINDS[mail.kind] ?? mail.kind;
  return make("span", `badge ${isRooms ? "rooms" : mail.kind}`, text);
}

export function shownTime(time, { language, iana }, style = { dateStyle: "medium", timeStyle: "short" }) {
  return new Date(time).toLocaleString(language, { timeZone: iana, ...style });
}

/** Put `mail` into `place`. `config` has people, language and the reader's IANA zone; `api` makes "as seen in". */
export function showLetter(place, mail, config, api) {
  const from = nameOf(config.people, mail.sender);
  const title = make("h2", "", mail.subject || "(no subject)");
  title.tabIndex = -1;
  const people = make(
    "div", "letter-people",
    make("strong", "", from),
    make("span", "faint", `To: ${nameOf(config.people, mail.mailbox)} <${mail.mailbox}>`)
  );
  const time = make("span", "faint letter-time", shownTime(mail.time, config));
  const head = make("div", "letter-head", face(from, mail.sender), people, time, badge(mail));
  place.replaceChildren(title, head, ...[...when(mail, config), ...attachments(mail)]);
  showBody(place, mail.html, mail.text || (mail.html ? "" : "(no words)"), api);
  return title;
}

function when({ details = {} }, config) {
  if (!details.start) {
    return [];
  }
  const format = new Intl.DateTimeFormat(config.language, { timeZone: config.iana, dateStyle: "full", timeStyle: "short" });
  const span = format.formatRange(new Date(details.start), new Date(details.end));
  const place = details.location ? make("span", "faint", details.location) : null;
  return [make("div", "letter-when", make("strong", "", span), details.series ? make("span", "badge", "series") : null, place)];
}

function attachments({ details = {} }) {
  const files = details.attachments ?? [];
  return files.length ? [make("ul", "files", ...files.map(file))] : [];
}

function file({ name, content_type: type, size, content_bytes: bytes }) {
  const link = make("a", "file", name, make("small", "", ` ${Math.max(1, Math.round(size / 1024))} KB`));
  link.href = `data:${type.split(";")[0]};base64,${bytes}`;
  link.download = name;
  return make("li", "", link, /calendar/.test(type) || /\.ics$/i.test(name) ? calendarFile(bytes) : null);
}

/** A calendar file can be looked into: it is plain text. */
function calendarFile(bytes) {
  const text = new TextDecoder().decode(Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0)));
  const summary = make("summary", "", "Look inside");
  return make("details", "calendar-file", summary, make("pre", "", text.replace(/\r\n[ \t]/g, "")));
}
