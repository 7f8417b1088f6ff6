/** The appointment in somebody's read form, and the pages it leads to; it must not know what is looked for. */

import { OfficeFailure, type Answer, type CallQueue } from "./calls.ts";
import { supports } from "./item.ts";

/** Location and body as they were received; null where no appointment is being read. */
export async function receivedText(queue: CallQueue): Promise<string | null> {
  const item = Office.context.mailbox?.item as unknown as Office.AppointmentRead | null | undefined;
  if (!item || item.itemType !== Office.MailboxEnums.ItemType.Appointment || typeof item.location !== "string") return null;
  const location = item.location;
  const body = await queue.run<string>("body.getAsync", (done) => {
    if ((Office.context.mailbox.item as unknown) !== item) throw new OfficeFailure("body.getAsync", "switched");
    item.body.getAsync(Office.CoercionType.Html, done as (answer: Answer<string>) => void);
  });
  return `${location}\n${body}`;
}

/** Shows the address in the person's browser. Throws where this Outlook does not let us. */
export function openInBrowser(address: string): void {
  if (supports("OpenBrowserWindowApi", "1.1")) {
    Office.context.ui.openBrowserWindow(address);
    return;
  }
  // office.js has the host open what the browser blocks, and takes the null that "noopener" gives for a block
  const opened = window.open(address, "_blank");
  if (opened !== null) opened.opener = null;
}
