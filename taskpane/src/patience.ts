/** A time limit that stands still while a person is asked; it must not know what is waited for. */

export class Patience {
  private left: number;
  private since = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    milliseconds: number,
    private readonly over: () => void,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.left = milliseconds;
    this.goOn();
  }

  /** Outlook does not count the time in a sign-in window either (Outlook facts 6). */
  async without<T>(asking: Promise<T>): Promise<T> {
    this.end();
    this.left -= this.now() - this.since;
    try {
      return await asking;
    } finally {
      this.goOn();
    }
  }

  end(): void {
    clearTimeout(this.timer);
  }

  private goOn(): void {
    this.since = this.now();
    this.timer = setTimeout(this.over, Math.max(0, this.left));
  }
}
