/**
 * The handlers that Outlook itself starts (launch events): one ES2016 file without DOM. Nothing depends on them, and no
 * failure of theirs ever holds a send; they must not use the page.
 */

import { readAppointment } from "./appointment.ts";
import { ServerClient, type TokenSource } from "./api.ts";
import { initialChoices, settled } from "./choices.ts";
import { newKey } from "./keys.ts";
import { CallQueue } from "./office/calls.ts";
import { mailboxClock, mailboxZone, usualChoices } from "./office/host.ts";
import { OutlookItem } from "./office/item.ts";
import { Scheduling } from "./scheduling.ts";
import { untitled } from "./untitled.ts";

interface LaunchEvent {
  completed(options?: { allowEvent: boolean }): void;
}

/** More than 5 s would show Outlook's "taking longer" dialogue; nobody should notice us at all. */
const SEND_LIMIT_MS = 2_000;
const CHANGE_LIMIT_MS = 20_000;
/** A room takes as long as ClickMeeting needs; nobody waits for this one, and Outlook gives some 300 s. */
const NEW_LIMIT_MS = 90_000;
const SETTLE_MS = 1_500;

type Provider = () => Promise<string>;

declare global {
  /** The page of the other clients lends its own sign-in; classic Outlook on Windows has no page. */
  var clickmeetingToken: Provider | undefined;
}

declare const OfficeRuntime: { readonly auth?: { getAccessToken(options?: object): Promise<string> } } | undefined;

const tokens: TokenSource = {
  token(): Promise<string> {
    if (typeof clickmeetingToken === "function") return clickmeetingToken();
    if (typeof OfficeRuntime !== "undefined" && OfficeRuntime.auth) return OfficeRuntime.auth.getAccessToken();
    return Promise.reject(new Error("no silent sign-in here"));
  },
  forget(): void {
    // nothing is kept in a runtime that ends with its event
  },
};

/** Our own address, filled in as the script is served: classic Outlook has no page to tell it. */
const SERVER: string = "%PUBLIC_URL%";

/** One for all handlers of the runtime: Outlook allows three calls at once, we make one. */
const queue = new CallQueue();

interface Open {
  readonly item: OutlookItem;
  readonly scheduling: Scheduling;
  readonly server: ServerClient;
  readonly language: string;
}

/** The open appointment, or null where there is none of the person's own. */
function open(): Open | null {
  const item = OutlookItem.current(queue);
  const base = typeof location === "undefined" ? SERVER : new URL("..", location.href).href.replace(/\/$/, "");
  if (item === null || item.isOccurrence || base.indexOf("https://") !== 0) return null;
  const language = Office.context.displayLanguage || "en";
  const server = new ServerClient(`${base}/api/v1`, tokens, language);
  const read = (): ReturnType<typeof readAppointment> => readAppointment(item, mailboxZone(), mailboxClock);
  return { item, scheduling: new Scheduling({ item, server, read, newKey, untitled: untitled(language) }), server, language };
}

/** Runs `does` and completes the event once, at the latest after `limit`, always letting Outlook go on. */
function handle(event: LaunchEvent, limit: number, does: () => Promise<unknown>): void {
  let completed = false;
  const complete = (): void => {
    if (completed) return;
    completed = true;
    event.completed({ allowEvent: true });
  };
  setTimeout(complete, limit);
  // a fault of ours is repaired later by the server, which follows the calendar
  Promise.resolve().then(does).then(complete, complete);
}

export function onAppointmentSend(event: LaunchEvent): void {
  handle(event, SEND_LIMIT_MS, async () => open()?.scheduling.mend());
}

/** Where the organisation adds ClickMeeting to every new appointment, with the person's usual choices. */
export function onNewAppointment(event: LaunchEvent): void {
  handle(event, NEW_LIMIT_MS, async () => {
    const opened = open();
    if (opened === null) return false;
    const { item, scheduling, server, language } = opened;
    const options = await server.options(await item.owner());
    if (options.add_by_default !== true || (await scheduling.open()).state !== "none") return false;
    // no password is made here: the server makes one where the choice asks for it
    const { password: _none, ...choices } = settled(initialChoices(options, usualChoices(), language.slice(0, 2), () => ""));
    return scheduling.schedule(choices, () => undefined);
  });
}

let changes = 0;

/** Time, recurrence or people changed: several in a row are one. */
export function onAppointmentChanged(event: LaunchEvent): void {
  changes += 1;
  const own = changes;
  handle(event, CHANGE_LIMIT_MS, async () => {
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    return own === changes ? open()?.scheduling.follow() : false;
  });
}

Office.actions.associate("onNewAppointment", onNewAppointment as never);
Office.actions.associate("onAppointmentSend", onAppointmentSend as never);
for (const name of ["onAppointmentTimeChanged", "onAppointmentRecurrenceChanged", "onAppointmentAttendeesChanged"]) {
  Office.actions.associate(name, onAppointmentChanged as never);
}
