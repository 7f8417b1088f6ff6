/** Where our server is, for a runtime without a page; the pane keeps it for the event handlers. */

const KEPT = "clickmeetingServer";

/** Roaming settings belong to the mailbox alone; an item's properties could come from somebody else's hands. */
export function keepServer(base: string): void {
  const settings = Office.context.roamingSettings;
  if (settings && settings.get(KEPT) !== base) settings.set(KEPT, base);
}

export function keptServer(): string | null {
  const kept: unknown = Office.context.roamingSettings?.get(KEPT);
  return typeof kept === "string" && /^https:\/\//.test(kept) ? kept : null;
}
