/** What the form starts with: policy, then the person's usual choices, then the server's defaults; pure. */

import type { Access, Choices, Kind, Meeting, Options, TokenDelivery } from "./contract.ts";

/** What is remembered of a person between appointments; never a password. */
export interface UsualChoices {
  readonly kind?: Kind;
  readonly access?: Access;
  readonly dial_in?: { readonly enabled: boolean; readonly country?: string | null };
  readonly language?: string;
  readonly token_delivery?: TokenDelivery;
}

const NOTHING_CHOSEN: Choices = {
  kind: "meeting",
  access: "open",
  permanent: false,
  dial_in: { enabled: true, country: null },
  language: "en",
  token_delivery: "personal",
  registration: false,
  room_per_date: false,
  lobby_message: "",
  agenda: "",
};

/** `language` is the pane's own, used where neither policy nor the person chose one. */
export function initialChoices(options: Options, usual: UsualChoices, language: string, password: () => string): Choices {
  const start: Choices = { ...NOTHING_CHOSEN, language: offered(options.languages, language, "en"), ...given(options.defaults) };
  const free = <K extends keyof Choices>(name: K): boolean => !(name in options.locks);
  const chosen: Choices = {
    ...start,
    kind: free("kind") ? offered(options.kinds, usual.kind, start.kind) : start.kind,
    access: free("access") ? offered(options.access_types, usual.access, start.access) : start.access,
    dial_in: free("dial_in") ? (usual.dial_in ?? start.dial_in) : start.dial_in,
    language: free("language") ? offered(options.languages, usual.language, start.language) : start.language,
    token_delivery: free("token_delivery") ? (usual.token_delivery ?? start.token_delivery) : start.token_delivery,
  };
  return chosen.access === "password" ? { ...chosen, password: chosen.password ?? password() } : chosen;
}

/** The choices that a meeting was made with. */
export function choicesOf(meeting: Meeting): Choices {
  return {
    kind: meeting.kind,
    access: meeting.access,
    ...(meeting.password ? { password: meeting.password } : {}),
    permanent: meeting.permanent,
    dial_in: meeting.dial_in,
    language: meeting.language,
    token_delivery: meeting.token_delivery,
    registration: meeting.registration ?? false,
    room_per_date: meeting.room_per_date ?? false,
    lobby_message: meeting.lobby_message ?? "",
    agenda: meeting.agenda ?? "",
  };
}

/** As they are sent: a password only where access asks for one. */
export function settled(choices: Choices): Choices {
  const { password, ...rest } = choices;
  return choices.access === "password" && password !== undefined ? { ...rest, password } : rest;
}

export function usualOf(choices: Choices): UsualChoices {
  const { kind, access, dial_in, language, token_delivery } = choices;
  return { kind, access, dial_in, language, token_delivery };
}

export const PASSWORD = /^[A-Za-z0-9]{8,20}$/;

/** Letters and digits that are not mixed up when read aloud; 10 of 54 signs are some 57 bits. */
const SIGNS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";

export function newPassword(random: (bytes: Uint8Array) => Uint8Array = (bytes) => crypto.getRandomValues(bytes)): string {
  let password = "";
  while (password.length < 10) {
    for (const byte of random(new Uint8Array(16))) {
      // a byte beyond the last whole multiple would prefer the first signs
      if (byte < 256 - (256 % SIGNS.length) && password.length < 10) password += SIGNS[byte % SIGNS.length];
    }
  }
  return password;
}

function offered<T>(all: readonly T[], wanted: T | undefined, otherwise: T): T {
  return wanted !== undefined && all.includes(wanted) ? wanted : otherwise;
}

function given(defaults: Partial<Choices>): Partial<Choices> {
  // Object.entries is newer than the event engine of classic Outlook
  const found: Record<string, unknown> = {};
  for (const name of Object.keys(defaults)) {
    const value = (defaults as Record<string, unknown>)[name];
    if (value !== undefined && value !== null) found[name] = value;
  }
  return found;
}
