/**
 * Sign-in through a dialogue of our own server (code and PKCE there), for an Outlook that gives no token by itself.
 * It keeps the handle for renewals in memory; it must not know what the token is for.
 */

import { Unreachable } from "../api.ts";
import { SignInNeeded, type Provider, type SignInReason, type TokenRequest } from "./source.ts";

/** What the dialogue's last page says to the pane; `server/dialog` writes it. */
export interface DialogMessage {
  readonly code?: string;
  readonly reason?: string;
}

interface Granted {
  readonly access_token: string;
  readonly renewal: string;
}

/** The surroundings, so that tests need no window. */
export interface DialogDoors {
  readonly fetch: typeof fetch;
  /** Shows the address in a window and gives the message that a page of ours in it sent. */
  readonly show: (address: string) => Promise<DialogMessage>;
  /** The mailbox's address, so that nobody has to pick an account. */
  readonly hint: () => string;
}

/** Long enough for a password and a second factor. */
const WINDOW_LIMIT_MS = 300_000;
/** Outlook asks whether a window may open; where nobody can see that question it must not be waited for so long. */
const OPENING_LIMIT_MS = 60_000;
const CALL_LIMIT_MS = 20_000;
const CLOSED_BY_PERSON = 12006;
const IGNORED_BY_PERSON = 12009;
/** Another host, no https, or no dialogues at all. */
const IMPOSSIBLE: ReadonlySet<number> = new Set([12003, 12004, 12005]);

const REASONS: Readonly<Record<string, SignInReason>> = { cancelled: "cancelled", consent: "consent", tenant: "unsupported" };

/** `root` is the server's `/auth/dialog`. */
export function dialogProvider(root: string, doors: DialogDoors = pageDoors): Provider {
  let renewal: string | null = null;

  async function renewed(claims: string | undefined): Promise<string | null> {
    if (renewal === null) return null;
    const answer = await post(doors, `${root}/renew`, { renewal, ...(claims === undefined ? {} : { claims }) });
    if (answer.granted !== null) return keep(answer.granted);
    // used up, over, or claims that need a person; anything else may be better at the next call
    if (answer.status !== 401 && answer.status !== 403) throw new Unreachable(`renewal: ${answer.status}`);
    renewal = null;
    return null;
  }

  async function asked(claims: string | undefined): Promise<string> {
    const verifier = randomText();
    const query = new URLSearchParams({ challenge: await digest(verifier) });
    if (doors.hint() !== "") query.set("hint", doors.hint());
    if (claims !== undefined) query.set("claims", claims);
    const { code, reason } = await doors.show(`${root}/start?${query}`);
    if (code === undefined) throw new SignInNeeded(REASONS[reason ?? ""] ?? "failed", reason ?? "");
    const answer = await post(doors, `${root}/redeem`, { code, verifier });
    if (answer.granted === null) throw new SignInNeeded("failed", answer.status);
    return keep(answer.granted);
  }

  function keep(granted: Granted): string {
    renewal = granted.renewal;
    return granted.access_token;
  }

  return {
    name: "dialogue",
    async token({ claims, interactive }: TokenRequest): Promise<string> {
      const silent = await renewed(claims);
      if (silent !== null) return silent;
      if (!interactive) throw new SignInNeeded("interaction");
      return asked(claims);
    },
  };
}

async function post(doors: DialogDoors, address: string, body: object): Promise<{ readonly status: number; readonly granted: Granted | null }> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), CALL_LIMIT_MS);
  try {
    const response = await doors.fetch(address, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
      signal: controller.signal,
    });
    const content: unknown = response.ok ? await response.json() : null;
    return { status: response.status, granted: isGranted(content) ? content : null };
  } catch (failure) {
    throw new Unreachable(String(failure));
  } finally {
    clearTimeout(timer);
  }
}

function isGranted(content: unknown): content is Granted {
  const given = content as Partial<Granted> | null;
  return typeof given?.access_token === "string" && typeof given.renewal === "string";
}

/** 32 random bytes, base64url (RFC 7636, 4.1). */
function randomText(): string {
  return urlSafe(crypto.getRandomValues(new Uint8Array(32)));
}

async function digest(verifier: string): Promise<string> {
  return urlSafe(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier))));
}

function urlSafe(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/** Outlook's dialogue; SignInNeeded where it does not open, is closed, or never says anything. */
export function showDialog(address: string): Promise<DialogMessage> {
  return new Promise((resolve, reject) => {
    let timer = setTimeout(() => reject(new SignInNeeded("interaction", "no window")), OPENING_LIMIT_MS);
    const fail = (code: number): void => {
      clearTimeout(timer);
      reject(new SignInNeeded(IMPOSSIBLE.has(code) ? "unsupported" : code === CLOSED_BY_PERSON || code === IGNORED_BY_PERSON ? "cancelled" : "failed", code));
    };
    const opened = ({ status, value: dialog, error }: Office.AsyncResult<Office.Dialog>): void => {
      if (String(status) !== "succeeded") return fail(error.code);
      clearTimeout(timer);
      timer = setTimeout(() => reject(new SignInNeeded("failed", "no answer")), WINDOW_LIMIT_MS);
      dialog.addEventHandler(Office.EventType.DialogMessageReceived, (event) => {
        const message = readMessage(event);
        if (message === null) return;
        clearTimeout(timer);
        dialog.close();
        resolve(message);
      });
      dialog.addEventHandler(Office.EventType.DialogEventReceived, (event) => fail("error" in event ? event.error : 0));
    };
    try {
      // no frame: the sign-in service refuses to be framed, and rightly
      Office.context.ui.displayDialogAsync(address, { height: 60, width: 30 }, opened);
    } catch (failure) {
      clearTimeout(timer);
      reject(new SignInNeeded("unsupported", String(failure)));
    }
  });
}

/** Null for what no page of ours said. */
export function readMessage(event: { message?: string; origin?: string | undefined } | { error: number }): DialogMessage | null {
  if (!("message" in event) || typeof event.message !== "string") return null;
  // hosts before DialogOrigin 1.1 do not name the origin; the code alone is of no use to anybody else then either
  if (event.origin !== undefined && event.origin !== location.origin) return null;
  try {
    const said = (JSON.parse(event.message) as { clickmeeting?: unknown } | null)?.clickmeeting;
    if (typeof said !== "object" || said === null) return null;
    const { code, reason } = said as Record<string, unknown>;
    if (typeof code === "string") return { code };
    return { reason: typeof reason === "string" ? reason : "" };
  } catch {
    return null;
  }
}

const pageDoors: DialogDoors = {
  fetch: (input, init) => fetch(input, init),
  show: showDialog,
  hint: () => Office.context.mailbox?.userProfile?.emailAddress ?? "",
};
