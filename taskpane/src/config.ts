/** What the server wrote into the page's meta element; it must not hold or read secrets. */

export interface Config {
  readonly client_id: string;
  readonly authority: string;
  /** Our own API's scope, `api://.../access_as_user`. */
  readonly scope: string;
  readonly add_in_id: string;
  /** Where an administrator allows everything that is asked for, for the whole organisation. */
  readonly consent_url: string;
  /** Hosts (with a path, if there is one) that rooms lie under. */
  readonly room_addresses: readonly string[];
}

/** The page's settings; an empty string for each that the server did not give. */
export function readConfig(page: Document): Config {
  const content = page.querySelector<HTMLMetaElement>('meta[name="clickmeeting-config"]')?.content ?? "";
  let given: Partial<Record<keyof Config, unknown>> = {};
  try {
    given = (JSON.parse(content) ?? {}) as typeof given;
  } catch {
    // the file was opened without our server: the pane says that it needs Outlook
  }
  const text = (name: Exclude<keyof Config, "room_addresses">): string => (typeof given[name] === "string" ? given[name] : "");
  const rooms = Array.isArray(given.room_addresses) ? given.room_addresses.filter((one): one is string => typeof one === "string") : [];
  return {
    client_id: text("client_id"), authority: text("authority"), scope: text("scope"), add_in_id: text("add_in_id"),
    consent_url: text("consent_url"), room_addresses: rooms,
  };
}

/** The root of our server's API, beside the pane's own folder. */
export function apiBase(page: Location): string {
  return new URL("../api/v1", page.href).href;
}
