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
    /** The sentence for a refusal that the person can do something about, or null. */
    private readonly explain: (failure: unknown) => string | null,
  ) {
    this.content = element("div", { id: "preview", class: "preview", "aria-busy": "false" });
    const control = disclosure(messages.say("preview.show"), this.content, () => void this.reload());
    this.element = element("section", {}, control, this.content);
  }

  /** Something is changing: what stands here is of before. */
  outdated(): void {
    if (!this.content.hidden) this.content.setAttribute("aria-busy", "true");
  }

  changed(): void {
    clearTimeout(this.timer);
    this.outdated();
    this.timer = setTimeout(() => void this.reload(), SETTLE_MS);
  }

  end(): void {
    clearTimeout(this.timer);
    this.running?.abort();
    this.content.setAttribute("aria-busy", "false");
  }

  private async reload(): Promise<void> {
    if (this.content.hidden) return;
    this.running?.abort();
    const running = new AbortController();
    this.running = running;
    this.content.setAttribute("aria-busy", "true");
    if (this.content.childElementCount === 0) this.content.append(element("p", { class: "note" }, this.messages.say("preview.loading")));
    try {
      const preview = await this.load(running.signal);
      if (!running.signal.aborted) this.show(preview);
    } catch (failure) {
      if (running.signal.aborted) return;
      // the preview is an extra, but what scheduling would refuse is better known now
      this.content.replaceChildren(element("p", { class: "note" }, this.explain(failure) ?? this.messages.say("preview.failed")));
    }
    this.content.setAttribute("aria-busy", "false");
  }

  private show(preview: Preview): void {
    const warnings = preview.warnings.map((warning) => element("p", { class: "note warning" }, warning));
    const paper = this.content.querySelector("iframe") ?? paperFrame(this.messages.say("preview.frame"));
    paper.srcdoc = page(preview.html);
    // a frame that stays in its place keeps the height, so that nothing jumps at each choice
    for (const other of [...this.content.children]) if (other !== paper) other.remove();
    if (paper.parentElement === null) this.content.append(paper);
    paper.before(...warnings);
  }
}

/** Same origin only to be measured; without scripts, forms or windows of its own it can do nothing. */
function paperFrame(title: string): HTMLIFrameElement {
  const frame = element("iframe", { sandbox: "allow-same-origin", title, class: "paper" });
  frame.addEventListener("load", () => {
    const written = frame.contentDocument;
    if (written === null) return;
    // a sample's links lead nowhere, and must be no stops on the way to the button
    for (const sample of written.querySelectorAll("a[href]")) sample.removeAttribute("href");
    // contrast themes take the button's colour away, and draw what is transparent
    for (const coloured of written.querySelectorAll<HTMLElement>("[style*=background-color]")) coloured.style.outline = "1px solid transparent";
    frame.style.height = `${written.documentElement.scrollHeight + 2}px`;
  });
  return frame;
}

/** White paper and the mail's own looks in every theme: what participants see does not depend on the pane. */
function page(html: string): string {
  const look = "margin:12px;background:#fff;color:#242424;font:14px/20px 'Segoe UI',system-ui,sans-serif;overflow-wrap:anywhere";
  return `<!doctype html><meta charset="utf-8"><meta name="color-scheme" content="only light"><body style="${look}">${html}`;
}
