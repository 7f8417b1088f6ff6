/** The bar of notifications above an open item; it must not know what is told. */

import type { CallQueue } from "./calls.ts";
import { isPhone, supports } from "./item.ts";

export type NoticeKind = "progress" | "done" | "error";

const KEY = "clickmeeting";
const LONGEST = 150;
/** Nobody waits for a notice. */
const LIMIT_MS = 3_000;

/** Phones have no bar in appointments (Outlook facts 6), and a full bar is no reason to fail. */
export async function notify(queue: CallQueue, text: string, kind: NoticeKind): Promise<void> {
  const item = Office.context.mailbox?.item as Partial<Pick<Office.AppointmentCompose, "notificationMessages">> | null | undefined;
  if (isPhone() || !supports("Mailbox", "1.3") || !item?.notificationMessages) return;
  const bar = item.notificationMessages;
  const shown = details(kind, text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1)}…`);
  // some hosts refuse to replace what is not there yet
  await queue
    .run<void>("notificationMessages.replaceAsync", (done) => bar.replaceAsync(KEY, shown, done), LIMIT_MS)
    .catch(() => queue.run<void>("notificationMessages.addAsync", (done) => bar.addAsync(KEY, shown, done), LIMIT_MS))
    .catch(() => undefined);
}

function details(kind: NoticeKind, message: string): Office.NotificationMessageDetails {
  const { InformationalMessage, ProgressIndicator, ErrorMessage } = Office.MailboxEnums.ItemNotificationMessageType;
  if (kind === "done") return { type: InformationalMessage, message, icon: "icon16", persistent: false };
  return { type: kind === "progress" ? ProgressIndicator : ErrorMessage, message };
}
