/** The invitation as participants will see it, in a frame that runs and loads nothing; it must not know where it comes from. */

import type { Preview } from "../contract.ts";
import type { Messages } from "../messages.ts";
import { element } from "./dom.ts";
import { disclosure } from "./form.ts";

const SETTLE_MS = 400;

/** Asks `load` when opened and after each change, once the person pauses; a newer question ends the older one. */
export class InvitationPreview {
  readonly element: HTMLElement;
  private series = false;
  private readonly repeats = element("p", { class: "series", hidden: true });
  private readonly content: HTMLElement;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running: AbortController | null = null;

  constructor(
    private readonly messages: Messages,
    private readonly load: (signal: AbortSignal) => Promise<Preview>,
    /** The sentence for a refusal that the person can do something about, or null. */
    private readonly explain: (failure: unknown) => string | null,
  ) {
    this.content = element("div", { id: "preview", class: "preview", hidden: true });
    const control = disclosure(messages.say("preview.show"), this.content, () => void this.reload());
    this.element = element("section", {}, this.repeats, control, this.content);
  }

  /** A series is told as a sentence also while the preview is folded away. */
  setSeries(series: boolean): void {
    this.series = series;
    if (!series) this.repeats.hidden = true;
    this.changed();
  }

  changed(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.reload(), SETTLE_MS);
  }

  end(): void {
    clearTimeout(this.timer);
    this.running?.abort();
  }

  private async reload(): Promise<void> {
    if (this.content.hidden && !this.series) return;
    this.running?.abort();
    const running = new AbortController();
    this.running = running;
    if (this.content.childElementCount === 0) this.content.append(element("p", { class: "note" }, this.messages.say("preview.loading")));
    try {
      const preview = await this.load(running.signal);
      if (!running.signal.aborted) this.content.replaceChildren(...this.shown(preview));
    } catch (failure) {
      if (running.signal.aborted) return;
      // the preview is an extra, but what scheduling would refuse is better known now
      this.tell(null);
      this.content.replaceChildren(element("p", { class: "note" }, this.explain(failure) ?? this.messages.say("preview.failed")));
    }
  }

  private tell(recurrence: string | null): void {
    this.repeats.hidden = recurrence === null;
    this.repeats.textContent = recurrence === null ? "" : `${this.messages.say("series.label")}: ${recurrence}`;
  }

  private shown(preview: Preview): readonly HTMLElement[] {
    const frame = element("iframe", { sandbox: "", title: this.messages.say("preview.frame"), class: "paper", tabindex: 0 });
    frame.srcdoc = `<!doctype html><meta charset="utf-8"><body style="margin:12px;background:#fff;color:#242424;font:14px/20px 'Segoe UI',system-ui,sans-serif">${preview.html}`;
    this.tell(preview.recurrence_text);
    return [...preview.warnings.map((warning) => element("p", { class: "note warning" }, warning)), frame];
  }
}
