/** A series as a sentence and its next dates, with what they collide with and where clocks change; it asks nobody itself. */

import type { SeriesDate, SeriesLook } from "../contract.ts";
import type { Messages } from "../messages.ts";
import type { Notice } from "../state.ts";
import { button, element, present } from "./dom.ts";

const SETTLE_MS = 400;
const SHOWN_AT_FIRST = 4;

export interface SeriesSource {
  /** Without `clashes` the dates alone, which come at once; with them the calendar is read too. */
  readonly load: (clashes: boolean, signal: AbortSignal) => Promise<SeriesLook>;
  /** The sentences for a refusal that the person can do something about, or null. */
  readonly explain: (failure: unknown) => Notice | null;
  readonly dateText: (date: SeriesDate, allDay: boolean) => string;
  readonly timeText: (instant: string, zone: string) => { readonly time: string; readonly zone: string };
}

export class SeriesDates {
  readonly element = element("section", { class: "series-dates", hidden: true, "aria-busy": "false" });
  private series = false;
  private whole = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running: AbortController | null = null;

  constructor(
    private readonly messages: Messages,
    private readonly source: SeriesSource,
  ) {}

  setSeries(series: boolean): void {
    this.series = series;
    if (series) return this.changed();
    this.end();
    this.element.hidden = true;
    this.element.replaceChildren();
  }

  /** Time, recurrence or people are others now. */
  changed(): void {
    clearTimeout(this.timer);
    this.element.setAttribute("aria-busy", "true");
    this.timer = setTimeout(() => void this.reload(), SETTLE_MS);
  }

  end(): void {
    clearTimeout(this.timer);
    this.running?.abort();
    this.element.setAttribute("aria-busy", "false");
  }

  /** The dates first and what they collide with as soon as the calendar has answered; a newer question ends an older. */
  private async reload(): Promise<void> {
    if (!this.series) return;
    this.running?.abort();
    const { signal } = (this.running = new AbortController());
    this.element.setAttribute("aria-busy", "true");
    if (this.element.hidden) this.show(this.messages.say("series.loading"));
    try {
      for (const clashes of [false, true]) {
        const look = await this.source.load(clashes, signal);
        if (signal.aborted) return;
        this.draw(look, clashes);
      }
    } catch (failure) {
      if (signal.aborted) return;
      const notice = this.source.explain(failure);
      if (notice !== null) this.show(notice.text, ...(notice.nearest === undefined ? [] : [notice.nearest]));
      // dates that are shown already stay without their clashes; without any the sentence of the preview must do
      else if (this.element.querySelector("ol") === null) this.element.hidden = true;
    }
    this.element.setAttribute("aria-busy", "false");
  }

  private show(...sentences: readonly string[]): void {
    this.element.hidden = false;
    this.element.replaceChildren(...sentences.map((text) => element("p", { class: "note", dir: "auto" }, text)));
  }

  private draw(look: SeriesLook, looked: boolean): void {
    const say = this.messages.say.bind(this.messages);
    const list = element("ol", { class: "dates" }, ...look.dates.map((date) => this.date(date, look.all_day)));
    const hidden = this.whole ? 0 : fold(list);
    const all = button(say("series.more", { count: this.messages.number(hidden) }), () => {
      this.whole = true;
      for (const row of list.children) (row as HTMLElement).hidden = false;
      all.remove();
      (list.children[SHOWN_AT_FIRST] as HTMLElement | undefined)?.focus();
    }, "quiet", "more-dates");
    const further = look.more ? element("p", { class: "note" }, say("series.further")) : null;
    this.element.hidden = false;
    const parts: readonly (HTMLElement | null)[] = [
      element("h2", {}, say("series.label")),
      element("p", { class: "series", dir: "auto" }, look.sentence ?? ""),
      list, hidden > 0 ? all : null, hidden > 0 ? null : further,
      looked ? element("p", { class: "note" }, say(verdict(look))) : null,
    ];
    this.element.replaceChildren(...present(parts));
  }

  private date(date: SeriesDate, allDay: boolean): HTMLElement {
    const say = this.messages.say.bind(this.messages);
    const marks: HTMLElement[] = [];
    if (date.clashes !== null && date.clashes.length > 0) {
      const subjects = this.messages.list(date.clashes.map((subject) => subject || say("series.clash.unnamed")));
      marks.push(element("span", { class: "mark clash", dir: "auto" }, say("series.clash", { subjects })));
    }
    if (date.offset_changed) marks.push(element("span", { class: "mark turned" }, say("series.turned")));
    for (const { time_zone, start } of date.elsewhere) {
      marks.push(element("span", { class: "mark turned" }, say("series.elsewhere", this.source.timeText(start, time_zone))));
    }
    return element("li", { tabindex: -1 }, element("span", {}, this.source.dateText(date, allDay)), ...marks);
  }
}

/** Hides what is beyond the first few and not marked: a marked date is what the person must see. */
function fold(list: HTMLElement): number {
  const rest = [...list.children].slice(SHOWN_AT_FIRST) as HTMLElement[];
  const plain = rest.length < 2 ? [] : rest.filter((row) => row.querySelector(".clash") === null);
  for (const row of plain) row.hidden = true;
  return plain.length;
}

function verdict(look: SeriesLook): "series.unchecked" | "series.clear" | "series.clashing" {
  if (look.dates.some(({ clashes }) => clashes === null)) return "series.unchecked";
  return look.dates.every(({ clashes }) => clashes?.length === 0) ? "series.clear" : "series.clashing";
}
