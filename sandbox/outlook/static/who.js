/** The table of who got which mail for each meeting; a mail that is chosen opens beside it. */

import { Api } from "./api.js";
import { face, make, nameOf } from "./faces.js";
import { showLetter, shownTime } from "./letter.js";
import { onNewMail } from "./news.js";

const config = JSON.parse(document.getElementById("config").textContent);
const drawer = document.getElementById("letter");
const api = new Api(config.people[0].upn);
const COLUMNS = {
  invitation: "Outlook’s invitation", personal: "Personal invitation", clickmeeting: "From ClickMeeting",
  answer: "Answers",
};
const ROLES = { required: "required", optional: "optional", resource: "room" };
const WORDS = { invitation: "invitation", update: "update", cancellation: "cancelled", response: "answer", mail: "personal" };

function opener(mail, number) {
  const time = shownTime(mail.time, config, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  const made = make("button", `mail-chip ${mail.source === "clickmeeting" ? "rooms" : mail.kind}`, WORDS[mail.kind] ?? mail.kind, " ", make("small", "", time), make("span", "spoken", ` to ${mail.mailbox}: ${mail.subject}`));
  made.type = "button";
  made.dataset.number = number;
  made.addEventListener("click", () => {
    drawer.showModal();
    showLetter(document.getElementById("reading"), mail, config, api).focus({ preventScroll: true });
    drawer.addEventListener("close", () => focusOn(number), { once: true });
  });
  return made;
}

/** The table is drawn anew when mail comes; the same mail keeps the focus. */
function focusOn(number) {
  document.querySelector(`.mail-chip[data-number="${number}"]`)?.focus({ preventScroll: true });
}

function row(person, columns, mails, organizer) {
  const name = nameOf(config.people, person.address);
  const role = person.address === organizer ? "organiser" : ROLES[person.type] ?? "";
  const who = make("span", "who-person", face(name, person.address), make("span", "", make("strong", "", name), make("small", "faint", `${person.address}${role ? ` · ${role}` : ""}`)));
  const head = make("th", "", who);
  head.scope = "row";
  const cells = columns.map((column) => {
    const numbers = person.mails[column] ?? [];
    const cell = make("td", "", ...numbers.map((number) => opener(mails[number], number)));
    cell.dataset.column = column;
    cell.dataset.label = COLUMNS[column];
    if (numbers.length === 0) {
      cell.append(make("span", "faint", "–"), make("span", "spoken", " none"));
    }
    return cell;
  });
  return make("tr", "", head, ...cells);
}

function table(meeting, mails) {
  // a meeting without own mails of ClickMeeting, or answers, needs no column for them
  const columns = Object.keys(COLUMNS).filter(
    (column) => column === "invitation" || column === "personal" || meeting.people.some(({ mails: own }) => own[column]?.length)
  );
  const heads = ["Person", ...columns.map((column) => COLUMNS[column])].map((text) => {
    const head = make("th", "", text);
    head.scope = "col";
    return head;
  });
  const rows = meeting.people.map((person) => row(person, columns, mails, meeting.organizer));
  return make("table", "who-table", make("thead", "", make("tr", "", ...heads)), make("tbody", "", ...rows));
}

function section(meeting, mails) {
  const count = meeting.people.reduce((sum, { mails: own }) => sum + Object.values(own).flat().length, 0);
  const mailsText = count === 1 ? "One mail" : `${count} mails`;
  const about = meeting.uid
    ? `${mailsText} · organised by ${nameOf(config.people, meeting.organizer)} · last at ${shownTime(meeting.last, config)}`
    : `${mailsText} of no meeting`;
  const made = make("section", "who-meeting", make("h2", "", meeting.subject || "(no title)"), make("p", "faint", about), table(meeting, mails));
  made.dataset.uid = meeting.uid ?? "";
  return made;
}

/** The id of an event without the date that stands in it for one occurrence. */
function whole(uid) {
  return uid ? `${uid.slice(0, 32)}${uid.slice(40)}` : "";
}

const asked = whole(new URLSearchParams(location.search).get("uid"));

async function show() {
  const answer = await fetch("/outlook/api/who");
  const { meetings, mails } = await answer.json();
  const focused = document.activeElement?.dataset.number;
  const shown = asked ? meetings.filter(({ uid }) => whole(uid) === asked) : meetings;
  document.getElementById("meetings").replaceChildren(...shown.map((meeting) => section(meeting, mails)));
  document.getElementById("none").hidden = shown.length > 0;
  if (focused !== undefined) {
    focusOn(focused);
  }
}

document.getElementById("letter-close").addEventListener("click", () => drawer.close());
await show();
onNewMail(show);
document.body.dataset.state = "ready";
