/** One Office.js call at a time, each with a time limit; it must not know what the calls are for. */

/** Why a call to Outlook gave nothing. */
export type FailureKind =
  | "refused" // Outlook answered with an error
  | "thrown" // office.js refused the arguments or the permission before asking
  | "silent" // no answer within the limit: office.js never calls back when the host is gone
  | "absent" // this Outlook does not have the call
  | "switched"; // another item was opened meanwhile

export class OfficeFailure extends Error {
  override readonly name = "OfficeFailure";

  constructor(
    readonly call: string,
    readonly kind: FailureKind,
    readonly code: string | number | null = null,
    detail = "",
  ) {
    super(detail === "" ? `${call}: ${kind}` : `${call}: ${detail}`);
  }
}

/** The two members of an Office.AsyncResult that are read here. */
export interface Answer<T> {
  readonly status: unknown;
  readonly value: T;
  readonly error: { readonly code: number; readonly name: string; readonly message: string } | undefined;
}

export type Start<T> = (done: (answer: Answer<T>) => void) => void;

export interface Timers {
  set(callback: () => void, milliseconds: number): unknown;
  clear(handle: unknown): void;
}

export const pageTimers: Timers = {
  set: (callback, milliseconds) => setTimeout(callback, milliseconds),
  clear: (handle) => clearTimeout(handle as ReturnType<typeof setTimeout>),
};

/** Longer than the slowest answer seen from a healthy Outlook, far shorter than office.js's own silent 65 s. */
export const CALL_LIMIT_MS = 15_000;

/**
 * Runs calls strictly one after the other: Outlook allows three at once at most, and answers of two
 * `setAsync` may overtake each other.
 */
export class CallQueue {
  private tail: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly limit: number = CALL_LIMIT_MS,
    private readonly timers: Timers = pageTimers,
  ) {}

  /** The call's value; rejects with OfficeFailure and nothing else. */
  run<T>(call: string, start: Start<T>, limit: number = this.limit): Promise<T> {
    const turn = this.tail.then(() => this.ask(call, start, limit));
    this.tail = turn.catch(() => undefined);
    return turn;
  }

  private ask<T>(call: string, start: Start<T>, limit: number): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const timer = this.timers.set(() => reject(new OfficeFailure(call, "silent")), limit);
      const settle = (answer: Answer<T>): void => {
        this.timers.clear(timer);
        if (String(answer.status) === "succeeded") resolve(answer.value);
        else reject(new OfficeFailure(call, "refused", answer.error?.code ?? null, answer.error?.message ?? ""));
      };
      try {
        start(settle);
      } catch (thrown) {
        this.timers.clear(timer);
        if (thrown instanceof OfficeFailure) return reject(thrown);
        // addHandlerAsync throws plain strings, everything else Sys.* errors
        const text = thrown instanceof Error ? thrown.message : String(thrown);
        const absent = thrown instanceof TypeError && /not a function|undefined|null/.test(text);
        reject(new OfficeFailure(call, absent ? "absent" : "thrown", null, text));
      }
    });
  }
}
