/**
 * The handlers that Outlook itself starts (launch events): one ES2016 file without DOM. Nothing depends on them, and no
 * failure of theirs ever holds a send; they must not use the page.
 */

import { readAppointment } from "./appointment.ts";
import { ServerClient, type TokenSource } from "./api.ts";
import { CallQueue } from "./office/calls.ts";
import { mailboxClock, mailboxZone } from "./office/host.ts";
import { OutlookItem } from "./office/item.ts";
import { Scheduling } from "./scheduling.ts";
import { keptServer } from "./server_address.ts";

interface LaunchEvent {
  completed(options?: { allowEvent: boolean }): void;
}

/** More than 5 s would show Outlook's "taking longer" dialogue; nobody should notice us at all. */
const SEND_LIMIT_MS = 2_000;
const CHANGE_LIMIT_MS = 20_000;
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

function scheduling(): Scheduling | null {
  const item = OutlookItem.current(new CallQueue());
  const base = typeof location === "undefined" ? keptServer() : new URL("../api/v1", location.href).href;
  if (item === null || item.isOccurrence || base === null) return null;
  return new Scheduling({
    item,
    server: new ServerClient(base, tokens, Office.context.displayLanguage || "en"),
    read: () => readAppointment(item, mailboxZone(), mailboxClock),
    newKey: () => "",
    untitled: "Online meeting",
  });
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
  handle(event, SEND_LIMIT_MS, async () => scheduling()?.mend());
}

let changes = 0;

/** Time, recurrence or people changed: several in a row are one. */
export function onAppointmentChanged(event: LaunchEvent): void {
  changes += 1;
  const own = changes;
  handle(event, CHANGE_LIMIT_MS, async () => {
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    return own === changes ? scheduling()?.follow() : false;
  });
}

Office.actions.associate("onAppointmentSend", onAppointmentSend as never);
for (const name of ["onAppointmentTimeChanged", "onAppointmentRecurrenceChanged", "onAppointmentAttendeesChanged"]) {
  Office.actions.associate(name, onAppointmentChanged as never);
}
