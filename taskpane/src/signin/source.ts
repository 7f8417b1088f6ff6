/** Which token goes with a call and when a person must be asked; it must not know how a token is got. */

import type { TokenSource } from "../api.ts";

/** Why there is no token, each with one thing the person can do. */
export type SignInReason =
  | "interaction" // the person must press "Sign in"
  | "cancelled" // the person closed the window
  | "consent" // an admin (or the person) has to allow the add-in
  | "unsupported" // this mailbox or Outlook cannot sign in
  | "failed"; // tried and refused

export class SignInNeeded extends Error {
  override readonly name = "SignInNeeded";
  constructor(
    readonly reason: SignInReason,
    readonly detail: string | number = "",
  ) {
    super(`sign-in: ${reason} ${detail}`.trim());
  }
}

export interface TokenRequest {
  readonly claims: string | undefined;
  /** A window may be shown. Only true while a press of the person's is answered. */
  readonly interactive: boolean;
}

export interface Provider {
  readonly name: string;
  token(request: TokenRequest): Promise<string>;
}

const EARLY_MS = 60_000;
const UNREADABLE_LIFE_MS = 240_000;
/** Longer than any way's own limits: what hangs all the same must not be waited for by everybody after it. */
const SILENT_LIMIT_MS = 30_000;
const WINDOW_LIMIT_MS = 420_000;
/** The browser lets a press open a window only for some seconds. */
const PRESS_WAITS_MS = 500;

/** What was asked, or SignInNeeded when no answer came within `limit` milliseconds. */
export function within<T>(limit: number, otherwise: SignInReason, asked: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new SignInNeeded(otherwise, "no answer")), limit);
    asked.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Keeps the token in this object's memory and nowhere else; asks the providers in order. */
export class SignIn implements TokenSource {
  private kept: { readonly token: string; readonly until: number } | null = null;
  private claims: string | undefined;
  private running: { readonly asked: Promise<string>; readonly interactive: boolean } | null = null;

  constructor(
    private readonly providers: readonly Provider[],
    private readonly now: () => number = Date.now,
  ) {}

  forget(claims?: string): void {
    this.kept = null;
    if (claims !== undefined) this.claims = claims;
  }

  /** Silently; SignInNeeded where a person has to do something first. */
  async token(request: { readonly claims?: string }): Promise<string> {
    if (request.claims !== undefined) this.claims = request.claims;
    else if (this.kept !== null && this.kept.until > this.now()) return this.kept.token;
    return this.ask(false);
  }

  /** Answers the person's press on "Sign in". */
  async interactively(): Promise<void> {
    this.forget();
    await this.ask(true);
  }

  private ask(interactive: boolean): Promise<string> {
    const before = this.running;
    // two calls at the same moment share one question: Office answers the second with error 13008
    if (before !== null && (before.interactive || !interactive)) return before.asked;
    const asked = before === null ? this.askInOrder(interactive) : this.askAfter(before.asked);
    const running = { asked, interactive };
    this.running = running;
    const over = (): void => {
      if (this.running === running) this.running = null;
    };
    asked.then(over, over);
    return asked;
  }

  /** A press while a silent question runs: what that one gives at once, else the window, while the press still counts. */
  private async askAfter(silent: Promise<string>): Promise<string> {
    try {
      return await within(PRESS_WAITS_MS, "interaction", silent);
    } catch {
      return this.askInOrder(true);
    }
  }

  /** The first way that gives a token; else what a person can best do, which may come from a later way. */
  private async askInOrder(interactive: boolean): Promise<string> {
    let refusal = new SignInNeeded("unsupported");
    for (const provider of this.providers) {
      try {
        const token = await within(interactive ? WINDOW_LIMIT_MS : SILENT_LIMIT_MS, "interaction", provider.token({ claims: this.claims, interactive }));
        this.kept = { token, until: expiry(token, this.now()) - EARLY_MS };
        this.claims = undefined;
        return token;
      } catch (failure) {
        if (!(failure instanceof SignInNeeded)) throw failure;
        // the person or an administrator has decided: no second window over it
        if (failure.reason === "cancelled" || failure.reason === "consent") throw failure;
        if (HOPE[failure.reason] > HOPE[refusal.reason]) refusal = failure;
      }
    }
    throw refusal;
  }
}

/** How much a press of the person's may help. */
const HOPE: Readonly<Record<SignInReason, number>> = { unsupported: 0, failed: 1, interaction: 2, cancelled: 3, consent: 3 };

/** When the token ends, by its own word; our server checks it, here it only saves a call. */
export function expiry(token: string, now: number): number {
  try {
    const payload = (token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
    const { exp } = JSON.parse(atob(payload)) as { exp?: unknown };
    if (typeof exp === "number") return exp * 1000;
  } catch {
    // an opaque token is legal: keep it for a short while
  }
  return now + UNREADABLE_LIFE_MS;
}
