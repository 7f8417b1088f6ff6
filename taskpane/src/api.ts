/** The client of our own server: problems as errors, time limits, aborts; it must not know Office.js or the pane. */

import type { Appointment } from "./appointment.ts";
import type { Invited, Meeting, MeetingChange, MeetingRequest, Options, Preview, Problem, SeriesLook } from "./contract.ts";
import type { BodyType } from "./office/item.ts";

/** The server said no and why. */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";
  constructor(readonly problem: Problem) {
    super(problem.detail ?? problem.title ?? `HTTP ${problem.status}`);
  }
}

/** No answer: no network, or the server did not answer within the limit. */
export class Unreachable extends Error {
  override readonly name = "Unreachable";
}

/** The caller gave up (another item, the pane closes). */
export class Aborted extends Error {
  override readonly name = "Aborted";
}

export interface TokenSource {
  /** A token for our own API; `claims` is the JSON of a challenge to be met. */
  token(request: { readonly claims?: string; readonly signal?: AbortSignal }): Promise<string>;
  /** The last token was refused: do not give it again; `claims` is what it still lacks, for the next press. */
  forget(claims?: string): void;
}

/** Making a room waits for ClickMeeting, which may take its full minute. */
export const LONG_LIMIT_MS = 75_000;
export const SHORT_LIMIT_MS = 20_000;
const IN_FLIGHT_TRIES = 20;

interface Call {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly limit?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface Doors {
  readonly fetch: typeof fetch;
  readonly wait: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
}

const pageDoors: Doors = { fetch: (input, init) => fetch(input, init), wait };

export class ServerClient {
  constructor(
    private readonly base: string,
    private readonly tokens: TokenSource,
    private readonly language: string,
    private readonly doors: Doors = pageDoors,
  ) {}

  /** `owner` is whose calendar it is, where it is another's: that person's policy decides. */
  options(owner: string | null = null, signal?: AbortSignal): Promise<Options> {
    return this.call<Options>({ method: "GET", path: owner === null ? "/options" : `/options?owner=${encodeURIComponent(owner)}`, signal });
  }

  meeting(id: string, signal?: AbortSignal): Promise<Meeting> {
    return this.call<Meeting>({ method: "GET", path: `/meetings/${encodeURIComponent(id)}`, signal });
  }

  preview(request: MeetingRequest, signal?: AbortSignal): Promise<Preview> {
    return this.call<Preview>({ method: "POST", path: "/invitation/preview", body: request, signal });
  }

  /** The next dates of a series; with `clashes` the organiser's calendar is read too. */
  series(appointment: Appointment, how: { readonly language: string; readonly clashes: boolean; readonly meeting_id?: string; readonly owner?: string }, signal?: AbortSignal): Promise<SeriesLook> {
    const { title: _untold, ...timing } = appointment;
    return this.call<SeriesLook>({ method: "POST", path: "/series", body: { ...timing, ...how }, signal });
  }

  participants(id: string, signal?: AbortSignal): Promise<Invited> {
    return this.call<Invited>({ method: "GET", path: `/meetings/${encodeURIComponent(id)}/participants`, signal });
  }

  /** Sends personal invitations now: to those named, else to all who have none yet. */
  invite(id: string, addresses: readonly string[] | null, key: string, signal?: AbortSignal): Promise<Invited> {
    const path = `/meetings/${encodeURIComponent(id)}/invitations`;
    return this.call<Invited>({ method: "POST", path, body: { addresses }, headers: { "Idempotency-Key": key }, limit: LONG_LIMIT_MS, signal });
  }

  /**
   * Makes the meeting. The same key may be sent again: a lost answer or one still under way is asked for
   * again here, so one press never makes two rooms.
   */
  async schedule(request: MeetingRequest, key: string, signal?: AbortSignal): Promise<Meeting> {
    const headers = { "Idempotency-Key": key };
    const call: Call = { method: "POST", path: "/meetings", body: request, headers, limit: LONG_LIMIT_MS, signal };
    let lostAnswers = 0;
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.call<Meeting>(call);
      } catch (failure) {
        if (failure instanceof Unreachable && lostAnswers === 0) lostAnswers += 1;
        else if (!isInFlight(failure) || tries >= IN_FLIGHT_TRIES) throw failure;
        await this.doors.wait(pause(failure), signal);
      }
    }
  }

  change(id: string, change: MeetingChange, signal?: AbortSignal): Promise<Meeting> {
    const path = `/meetings/${encodeURIComponent(id)}`;
    return this.call<Meeting>({ method: "PATCH", path, body: change, limit: LONG_LIMIT_MS, signal });
  }

  /** A meeting that is gone already counts as removed. */
  async remove(id: string, signal?: AbortSignal): Promise<void> {
    const path = `/meetings/${encodeURIComponent(id)}`;
    try {
      await this.call<null>({ method: "DELETE", path, limit: LONG_LIMIT_MS, signal });
    } catch (failure) {
      if (!(failure instanceof ApiProblem) || failure.problem.status !== 404) throw failure;
    }
  }

  body(
    id: string,
    edit: { readonly op: "put" | "remove"; readonly content_type: BodyType; readonly body: string },
    signal?: AbortSignal,
  ): Promise<{ readonly body: string; readonly changed: boolean }> {
    return this.call({ method: "POST", path: `/meetings/${encodeURIComponent(id)}/body`, body: edit, signal });
  }

  entry(id: string, role: "host" | "presenter", signal?: AbortSignal): Promise<{ readonly url: string }> {
    return this.call({ method: "POST", path: `/meetings/${encodeURIComponent(id)}/entry`, body: { role }, signal });
  }

  /** One call; a 401 is answered once with a fresh token (and the claims asked for), never in a loop. */
  private async call<T>(call: Call): Promise<T> {
    try {
      return await this.send<T>(call, {});
    } catch (failure) {
      if (!(failure instanceof ApiProblem) || failure.problem.status !== 401) throw failure;
      this.tokens.forget();
      return this.again<T>(call, failure.problem.claims === undefined ? {} : { claims: failure.problem.claims });
    }
  }

  private async again<T>(call: Call, challenge: { claims?: string }): Promise<T> {
    try {
      return await this.send<T>(call, challenge);
    } catch (failure) {
      if (failure instanceof ApiProblem && failure.problem.status === 401) this.tokens.forget(failure.problem.claims);
      throw failure;
    }
  }

  private async send<T>(call: Call, challenge: { claims?: string }): Promise<T> {
    const limit = new TimeLimit(call.limit ?? SHORT_LIMIT_MS, call.signal);
    try {
      const token = await this.tokens.token(call.signal ? { ...challenge, signal: call.signal } : challenge);
      if (call.signal?.aborted) throw new Aborted();
      limit.start();
      const response = await this.doors.fetch(this.base + call.path, {
        method: call.method,
        headers: {
          Accept: "application/json",
          "Accept-Language": this.language,
          Authorization: `Bearer ${token}`,
          ...(call.body === undefined ? {} : { "Content-Type": "application/json" }),
          ...call.headers,
        },
        ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
        cache: "no-store",
        credentials: "omit",
        redirect: "error",
        signal: limit.signal,
      });
      return await read<T>(response);
    } catch (failure) {
      if (call.signal?.aborted) throw new Aborted();
      // fetch says TypeError for every network failure and AbortError when the limit passed
      if (failure instanceof TypeError || isAbort(failure)) throw new Unreachable(String(failure));
      throw failure;
    } finally {
      limit.end();
    }
  }
}

async function read<T>(response: Response): Promise<T> {
  if (response.status === 204) return null as T;
  const type = response.headers.get("Content-Type") ?? "";
  const text = await response.text();
  const content = /[/+]json\b/.test(type) ? parse(text) : undefined;
  if (response.ok && content !== undefined) return content as T;
  const given = typeof content === "object" && content !== null ? (content as Partial<Problem>) : {};
  const retryAfter = given.retry_after ?? seconds(response.headers.get("Retry-After"));
  const claims = given.claims === undefined ? challengedClaims(response.headers.get("WWW-Authenticate")) : decoded(given.claims);
  throw new ApiProblem({
    ...given,
    status: response.ok ? 502 : response.status,
    ...(retryAfter === undefined ? {} : { retry_after: retryAfter }),
    ...(claims === undefined ? {} : { claims }),
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined; // a proxy's page under a JSON type: told as a server's failure by the caller
  }
}

function seconds(header: string | null): number | undefined {
  return header !== null && /^\d+$/.test(header) ? Number(header) : undefined;
}

/** The claims of `Bearer ..., claims="<base64>"` as JSON text. */
export function challengedClaims(header: string | null): string | undefined {
  const encoded = /\bclaims="([A-Za-z0-9+/=_-]+)"/.exec(header ?? "")?.[1];
  return encoded === undefined ? undefined : decoded(encoded);
}

function decoded(claims: string): string | undefined {
  if (claims.startsWith("{")) return claims;
  try {
    return atob(claims.replace(/-/g, "+").replace(/_/g, "/"));
  } catch {
    return undefined; // no base64: sign in without it rather than fail here
  }
}

function isInFlight(failure: unknown): boolean {
  return failure instanceof ApiProblem && failure.problem.status === 409 && failure.problem.reason === "in-flight";
}

function pause(failure: unknown): number {
  const asked = failure instanceof ApiProblem ? failure.problem.retry_after : undefined;
  return Math.min(asked ?? 1, 10) * 1000;
}

function isAbort(failure: unknown): boolean {
  return failure instanceof Error && failure.name === "AbortError";
}

/** Ends a call after its limit or when the caller gives up; AbortSignal.any is newer than some of Outlook's web views. */
class TimeLimit {
  // classic Outlook's event runtime has fetch but no AbortController: there the handler's own limit ends the wait
  private readonly controller = typeof AbortController === "undefined" ? null : new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly abort = (): void => this.controller?.abort();

  constructor(
    private readonly limit: number,
    private readonly outer: AbortSignal | undefined,
  ) {}

  get signal(): AbortSignal | null {
    return this.controller?.signal ?? null;
  }

  start(): void {
    this.timer = setTimeout(this.abort, this.limit);
    this.outer?.addEventListener("abort", this.abort);
  }

  end(): void {
    clearTimeout(this.timer);
    this.outer?.removeEventListener("abort", this.abort);
  }
}

function wait(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(new Aborted());
    });
  });
}
