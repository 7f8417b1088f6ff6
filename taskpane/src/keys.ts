/** Names for one press, which nobody else's press may have; classic Outlook's event engine need not have `crypto`. */

/** Unguessable where the engine can; elsewhere unlike any other of the same person's, which is all that is needed. */
export function newKey(): string {
  if (typeof crypto !== "undefined" && typeof crypto.randomUUID === "function") return crypto.randomUUID();
  const part = (): string => Math.floor(Math.random() * 0x100000000).toString(36);
  return `${Date.now().toString(36)}-${part()}-${part()}-${part()}`;
}
