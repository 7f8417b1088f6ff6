/** What Outlook says about the person and the place the pane runs in; it must not know the open item. */

import type { WallClock } from "../appointment.ts";
import type { UsualChoices } from "../choices.ts";
import type { CallQueue } from "./calls.ts";
import { supports } from "./item.ts";

/** Date parts on the mailbox's clock; `month` 0 to 11. */
interface ClientTime {
  readonly year: number;
  readonly month: number;
  readonly date: number;
  readonly hours: number;
  readonly minutes: number;
}

/** Outlook's own (Windows) name of the zone that the mailbox shows times in. */
export function mailboxZone(): string {
  return Office.context.mailbox.userProfile.timeZone;
}

export function displayLanguage(): string {
  return Office.context.displayLanguage || navigator.language;
}

function clientTime(instant: Date): ClientTime {
  return Office.context.mailbox.convertToLocalClientTime(instant) as ClientTime;
}

/** The mailbox's clock, which may be another than the browser's. */
export const mailboxClock: WallClock = (instant) => {
  // not promised on phones, whose own clock shows the mailbox's zone
  if (typeof Office.context.mailbox.convertToLocalClientTime !== "function") return { hours: instant.getHours(), minutes: instant.getMinutes() };
  const { hours, minutes } = clientTime(instant);
  return { hours, minutes };
};

/** The mailbox's wall clock as a Date whose UTC parts read like it, for Intl with zone UTC. */
export function mailboxWall(instant: Date): Date {
  const { year, month, date, hours, minutes } = clientTime(instant);
  return new Date(Date.UTC(year, month, date, hours, minutes));
}

const USUAL = "clickmeetingUsual";

export function usualChoices(): UsualChoices {
  const kept: unknown = Office.context.roamingSettings?.get(USUAL);
  return typeof kept === "object" && kept !== null ? kept : {};
}

/** A lost preference is no reason to trouble anybody. */
export async function keepUsualChoices(queue: CallQueue, usual: UsualChoices): Promise<void> {
  const settings = Office.context.roamingSettings;
  if (!settings) return;
  settings.set(USUAL, usual);
  await queue
    .run<void>("roamingSettings.saveAsync", (done) => settings.saveAsync((result) => done({ ...answer(result), value: undefined })))
    .catch(() => undefined);
}

function answer(result: Office.AsyncResult<unknown>): { status: unknown; error: Office.AsyncResult<unknown>["error"] } {
  return { status: result.status, error: result.error };
}


/** Calls `show` with Outlook's theme now and at each change, where Outlook tells it; else the system's theme counts. */
export function followTheme(show: (theme: "light" | "dark") => void): void {
  if (!supports("Mailbox", "1.14")) return;
  const tell = (theme: Office.OfficeTheme | undefined): void => {
    if (typeof theme?.isDarkTheme === "boolean") show(theme.isDarkTheme ? "dark" : "light");
  };
  tell(Office.context.officeTheme);
  try {
    Office.context.mailbox.addHandlerAsync(Office.EventType.OfficeThemeChanged, (event: { officeTheme?: Office.OfficeTheme }) => tell(event.officeTheme));
  } catch {
    // the theme at opening stays
  }
}
