/** What was made: the facts, the link, and what can be done with them; it must not know how any of it is done. */

import type { Meeting } from "../contract.ts";
import type { Messages } from "../messages.ts";
import { copyButton } from "./clipboard.ts";
import { button, element, link, moveFocus } from "./dom.ts";

/** The personal link, or the sentence why there is none. */
export type Entry = { readonly url: string } | { readonly refused: string };

export interface ResultActions {
  readonly change: () => void;
  readonly askRemoval: (open: boolean) => void;
  readonly remove: () => void;
  readonly update: () => void;
  readonly writeAgain: () => void;
  readonly enter: (role: "host" | "presenter") => Promise<Entry>;
  /** A sentence for the polite live region. */
  readonly announce: (text: string) => void;
  readonly whenText: (meeting: Meeting) => string;
}

export interface ResultState {
  readonly meeting: Meeting;
  readonly drift: boolean;
  readonly missing: boolean;
  readonly confirming: boolean;
}

/** `beside` are the parts that fill by themselves: the dates of a series, the people. */
export function resultView(messages: Messages, state: ResultState, actions: ResultActions, beside: readonly HTMLElement[]): readonly HTMLElement[] {
  const { meeting } = state;
  return [
    ...state.missing ? [bar(messages.say("missing.text"), button(messages.say("missing.press"), actions.writeAgain, "plain", "put-back"))] : [],
    ...state.drift ? [bar(messages.say("drift.text"), button(messages.say("drift.press"), actions.update, "plain", "update-now"))] : [],
    ...meeting.attention ? [bar(meeting.attention, null)] : [],
    ...state.missing || state.drift ? [] : [element("p", {}, messages.say(meeting.state === "followed" ? "scheduled.sent" : "scheduled.text"))],
    ...following(messages, meeting),
    facts(messages, meeting, actions),
    joinLink(messages, meeting, actions),
    entries(messages, actions),
    ...beside,
    state.confirming ? confirmation(messages, actions) : footer(messages, actions),
  ];
}

/** Only a calendar that has to be looked into is worth a word. */
function following(messages: Messages, { following }: Meeting): readonly HTMLElement[] {
  if (following?.by !== "polling" || following.minutes === null) return [];
  return [element("p", { class: "note", id: "following" }, messages.say("following.polling", { time: messages.duration(following.minutes * 60) }))];
}

function bar(text: string, action: HTMLElement | null): HTMLElement {
  return element("div", { class: "bar warning" }, element("p", { dir: "auto" }, text), action);
}

function facts(messages: Messages, meeting: Meeting, actions: ResultActions): HTMLElement {
  const list = element("dl", { class: "facts" });
  const fact = (name: string, value: string | HTMLElement): void => list.append(element("div", {}, element("dt", {}, name), element("dd", {}, value)));
  fact(messages.say("scheduled.when"), meeting.recurrence_text === null ? actions.whenText(meeting) : element("span", { class: "sentence" }, meeting.recurrence_text));
  fact(messages.say("scheduled.kind"), messages.say(`kind.${meeting.kind}`));
  fact(messages.say("scheduled.access"), messages.say(`access.${meeting.access}`));
  if (meeting.access === "password" && meeting.password) fact(messages.say("scheduled.password"), leftToRight(meeting.password));
  if (meeting.room?.room_id) fact(messages.say("scheduled.room"), leftToRight(String(meeting.room.room_id)));
  fact(messages.say("scheduled.dialin"), messages.say(meeting.dial_in.enabled ? "scheduled.dialin.on" : "scheduled.dialin.off"));
  return list;
}

/** Groups of digits would change places in a right-to-left sentence. */
function leftToRight(text: string): HTMLElement {
  return element("bdi", { dir: "ltr" }, text);
}

function joinLink(messages: Messages, meeting: Meeting, actions: ResultActions): HTMLElement {
  const field = element("input", { type: "text", id: "join-url", readonly: true, value: meeting.join_url ?? "", dir: "ltr" });
  const copy = copyButton(messages, () => field.value, actions.announce, "copy-link");
  return element("div", { class: "field" }, element("label", { for: "join-url" }, messages.say("scheduled.link")), element("div", { class: "row one-line" }, field, copy));
}

/** The personal link is fetched at the press and stands here until it is used; it is kept nowhere else. */
function entries(messages: Messages, actions: ResultActions): HTMLElement {
  const place = element("div", { class: "entry" });
  const enter = async (role: "host" | "presenter"): Promise<void> => {
    place.replaceChildren(element("p", { class: "note" }, messages.say("scheduled.entry.loading")));
    try {
      const entry = await actions.enter(role);
      if ("refused" in entry) return place.replaceChildren(element("div", { class: "bar error", role: "alert" }, element("p", { dir: "auto" }, entry.refused)));
      const opening = link(messages.say(`scheduled.entry.${role}`), entry.url, "button primary");
      opening.addEventListener("click", () => setTimeout(() => place.replaceChildren()));
      place.replaceChildren(element("p", { class: "note" }, messages.say("scheduled.entry.ready")), opening);
      moveFocus(opening);
    } catch {
      place.replaceChildren(); // the pane shows the sign-in now
    }
  };
  const buttons = element("div", { class: "row even" }, button(messages.say("scheduled.host"), () => void enter("host"), "plain", "enter-host"), button(messages.say("scheduled.presenter"), () => void enter("presenter"), "plain", "enter-presenter"));
  return element("div", { class: "field" }, buttons, place);
}

function footer(messages: Messages, actions: ResultActions): HTMLElement {
  return element("div", { class: "footer" }, button(messages.say("scheduled.change"), actions.change, "plain", "change"), button(messages.say("scheduled.remove"), () => actions.askRemoval(true), "quiet", "remove"));
}

function confirmation(messages: Messages, actions: ResultActions): HTMLElement {
  const box = element(
    "div",
    { class: "footer confirm", role: "alertdialog", "aria-labelledby": "remove-title", "aria-describedby": "remove-text" },
    element("h2", { id: "remove-title" }, messages.say("remove.title")),
    element("p", { id: "remove-text" }, messages.say("remove.text")),
    button(messages.say("remove.yes"), actions.remove, "danger", "remove-yes"),
    button(messages.say("remove.no"), () => actions.askRemoval(false), "plain", "remove-no"),
  );
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation(); // office.js would hand the focus to Outlook
    actions.askRemoval(false);
  });
  return box;
}
