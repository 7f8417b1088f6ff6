/** The invitation as participants will see it, in a frame that runs and loads nothing; it must not know where it comes from. */

import type { Preview } from "../contract.ts";
import type { Messages } from "../messages.ts";
import { element } from "./dom.ts";
import { disclosure } from "./form.ts";

const SETTLE_MS = 400;

/** Asks `load` when opened and after each change, once the person pauses; a newer question ends the older one. */
export class InvitationPreview {
  readonly element: HTMLElement;
  private readonly content: HTMLElement;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running: AbortController | null = null;

  constructor(
    private readonly messages: Messages,
    private readonly load: (signal: AbortSignal) => Promise<Preview>,
  ) {
    this.content = element("div", { id: "preview", class: "preview", hidden: true });
    const control = disclosure(messages.say("preview.show"), this.content, () => void this.reload());
    this.element = element("section", {}, control, this.content);
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
    if (this.content.hidden) return;
    this.running?.abort();
    const running = new AbortController();
    this.running = running;
    if (this.content.childElementCount === 0) this.content.append(element("p", { class: "note" }, this.messages.say("preview.loading")));
    try {
      const preview = await this.load(running.signal);
      if (!running.signal.aborted) this.content.replaceChildren(...this.shown(preview));
    } catch {
      // the preview is an extra: whatever is wrong is told when the person presses the main button
      if (!running.signal.aborted) this.content.replaceChildren(element("p", { class: "note" }, this.messages.say("preview.failed")));
    }
  }

  private shown(preview: Preview): readonly HTMLElement[] {
    const frame = element("iframe", { sandbox: "", title: this.messages.say("preview.frame"), class: "paper", tabindex: 0 });
    frame.srcdoc = `<!doctype html><meta charset="utf-8"><body style="margin:12px;background:#fff;color:#242424;font:14px/20px 'Segoe UI',system-ui,sans-serif">${preview.html}`;
    const series = preview.recurrence_text === null ? [] : [element("p", { class: "series" }, `${this.messages.say("series.label")}: ${preview.recurrence_text}`)];
    return [...series, ...preview.warnings.map((warning) => element("p", { class: "note warning" }, warning)), frame];
  }
}
