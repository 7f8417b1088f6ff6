/** Draws the present phase and moves the focus; it must not know how anything is done. */

import type { MessageKey, Messages } from "../messages.ts";
import type { Notice, Phase } from "../state.ts";
import { copyButton } from "./clipboard.ts";
import { button, element, link, moveFocus, present, type Child } from "./dom.ts";
import type { ChoicesForm } from "./form.ts";
import type { People } from "./people.ts";
import type { InvitationPreview } from "./preview.ts";
import { resultView, type ResultActions } from "./result.ts";
import type { SeriesDates } from "./series.ts";

export interface PaneActions extends ResultActions {
  readonly signIn: () => void;
  readonly again: () => void;
  readonly add: () => void;
  readonly save: () => void;
  readonly back: () => void;
  readonly clean: () => void;
  readonly addNew: () => void;
}

/** The form and its preview live on through refusals, so nothing typed is lost. */
export interface Editing {
  readonly form: ChoicesForm;
  readonly series: SeriesDates;
  readonly preview: InvitationPreview;
}

/** What fills by itself beside a result. */
export interface Beside {
  readonly series: SeriesDates;
  readonly people: People;
}

export class PaneView {
  private shown: Phase["name"] | null = null;

  constructor(
    private readonly root: HTMLElement,
    private readonly status: HTMLElement,
    private readonly alert: HTMLElement,
    private readonly messages: Messages,
    private readonly actions: PaneActions,
  ) {}

  draw(phase: Phase, editing: Editing | null, beside: Beside | null): void {
    const confirmingBefore = this.root.querySelector(".confirm") !== null;
    const focused = document.activeElement;
    this.root.replaceChildren(...present(this.content(phase, editing, beside)));
    this.root.setAttribute("aria-busy", String(phase.name === "working" || phase.name === "loading"));
    this.root.dataset["phase"] = phase.name;
    this.tell(phase);
    if (this.shown !== phase.name) this.focus(phase);
    else if (phase.name === "scheduled" && phase.confirming !== confirmingBefore) {
      moveFocus(this.root.querySelector<HTMLElement>(phase.confirming ? "#remove-no" : "#remove"));
    } else this.keepFocus(focused);
    this.shown = phase.name;
  }

  announce(text: string): void {
    this.status.textContent = text;
  }

  private content(phase: Phase, editing: Editing | null, beside: Beside | null): readonly (HTMLElement | null)[] {
    const say = this.messages.say.bind(this.messages);
    const { actions } = this;
    switch (phase.name) {
      case "loading":
        return [progress(say("loading"))];
      case "unusable":
        return [heading(say(`${phase.why}.title`)), paragraph(say(`${phase.why}.text`))];
      case "signin":
        return this.signIn(phase);
      case "consent":
        return [heading(say("consent.title")), ...this.consent(phase.url)];
      case "offline":
        return [heading(say("offline.title")), paragraph(say("offline.text")), this.tryAgain()];
      case "broken":
        return [heading(say("problem.title")), notice(phase.notice), this.tryAgain()];
      case "editing":
        return this.editing(phase, editing);
      case "working":
        return this.working(phase);
      case "scheduled":
        return [heading(say(headline(phase))), ...phase.notices.map(notice), ...resultView(this.messages, phase, actions, beside === null ? [] : [beside.series.element, beside.people.element])];
      case "gone":
        return [
          heading(say("gone.title")), ...phase.notices.map(notice), paragraph(say("gone.text")),
          element("div", { class: "footer" }, button(say("gone.clean"), actions.clean, "primary", "clean"), button(say("add"), actions.addNew, "plain", "add-new")),
        ];
      case "incomplete":
        return this.incomplete(phase);
    }
  }

  private signIn(phase: Extract<Phase, { name: "signin" }>): readonly HTMLElement[] {
    const say = this.messages.say.bind(this.messages);
    const press = button(say("signin.press"), this.actions.signIn, "primary", "sign-in");
    press.disabled = phase.busy;
    const known = phase.reason === "cancelled" || phase.reason === "unsupported" || phase.reason === "failed";
    const why = known ? [notice({ tone: "error", text: say(`signin.${phase.reason}`, { detail: phase.detail || "–" }) })] : [];
    return [heading(say("signin.title")), ...why, paragraph(say("signin.text")), press];
  }

  private editing(phase: Extract<Phase, { name: "editing" }>, editing: Editing | null): readonly (HTMLElement | null)[] {
    const say = this.messages.say.bind(this.messages);
    if (editing === null) return [];
    const main = phase.meeting === null ? button(say("add"), this.actions.add, "primary", "add") : button(say("save"), this.actions.save, "primary", "save");
    const back = phase.meeting === null ? null : button(say("back"), this.actions.back, "plain", "back");
    return [heading(say(phase.meeting === null ? "form.title" : "form.title.change")), ...phase.notices.map(notice), editing.form.element, editing.series.element, editing.preview.element, element("div", { class: "footer" }, main, back)];
  }

  private working(phase: Extract<Phase, { name: "working" }>): readonly (HTMLElement | null)[] {
    const say = this.messages.say.bind(this.messages);
    const [step, ...slow] = this.progressing(phase);
    return [heading(say(phase.task === "schedule" ? "form.title" : "form.title.change")), progress(step), paragraph([...slow, say("step.leave")].join(" "))];
  }

  /** The same sentences for the eye and for the ear. */
  private progressing({ step, task, slow }: Extract<Phase, { name: "working" }>): readonly [string, ...string[]] {
    const say = this.messages.say.bind(this.messages);
    return [say(step === "making" && task === "change" ? "step.changing" : `step.${step}`), ...(slow ? [say("step.long")] : [])];
  }

  private consent(url: string | null): readonly HTMLElement[] {
    const say = this.messages.say.bind(this.messages);
    if (url === null) return [paragraph(say("consent.ask")), this.tryAgain()];
    const copy = copyButton(this.messages, () => url, this.actions.announce, "copy-consent");
    return [paragraph(say("consent.text")), paragraph(link(say("consent.link"), url)), element("div", { class: "row" }, this.tryAgain(), copy)];
  }

  private incomplete(phase: Extract<Phase, { name: "incomplete" }>): readonly HTMLElement[] {
    const say = this.messages.say.bind(this.messages);
    const { actions } = this;
    const buttons =
      phase.left !== "unremoved"
        ? [button(say("unwritten.press"), actions.writeAgain, "primary", "write-again"), button(say("scheduled.remove"), actions.remove, "plain", "remove")]
        : [button(say("gone.clean"), actions.clean, "primary", "clean")];
    return [
      heading(say(`${phase.left}.title`)), ...phase.notices.map(notice), paragraph(say(`${phase.left}.text`)),
      element("div", { class: "footer" }, ...buttons),
    ];
  }

  private tryAgain(): HTMLElement {
    return button(this.messages.say("again"), this.actions.again, "primary", "again");
  }

  /** The live regions stay in the page; only their words change, so that they are read out. */
  private tell(phase: Phase): void {
    const notices = "notices" in phase ? phase.notices : phase.name === "broken" ? [phase.notice] : [];
    const errors = notices.filter(({ tone }) => tone === "error").map(({ text, nearest }) => (nearest === undefined ? text : `${text} ${nearest}`));
    setText(this.alert, errors.join(" "));
    setText(this.status, this.spoken(phase, notices));
  }

  private spoken(phase: Phase, notices: readonly Notice[]): string {
    if (phase.name === "loading") return this.messages.say("loading");
    if (phase.name === "working") return this.progressing(phase).join(" ");
    const arrived = this.shown !== phase.name && !document.hasFocus() ? (this.root.querySelector("h1")?.textContent ?? "") : "";
    const told = notices.filter(({ tone }) => tone !== "error").map(({ text }) => text);
    return [...(arrived === "" || this.atFirst(phase) ? [] : [`${arrived}.`]), ...told].join(" ");
  }

  /** To the new view's heading; never away from where the person types while the pane only loads. */
  private focus(phase: Phase): void {
    if (this.atFirst(phase)) return;
    if ("notices" in phase && this.root.querySelector("[aria-invalid=true]") !== null) return;
    moveFocus(this.root.querySelector<HTMLElement>("h1"));
  }

  private atFirst(phase: Phase): boolean {
    return (this.shown === null || this.shown === "loading") && (phase.name === "loading" || phase.name === "editing");
  }

  /** What was drawn anew stands for what had the focus; where that is no more, the heading does. */
  private keepFocus(before: Element | null): void {
    if (!(before instanceof HTMLElement) || before === document.body || document.activeElement === before) return;
    const again = before.isConnected ? before : before.id === "" ? null : document.getElementById(before.id);
    moveFocus(again ?? this.root.querySelector<HTMLElement>("h1"));
  }
}

function headline(phase: Extract<Phase, { name: "scheduled" }>): MessageKey {
  return phase.missing ? "missing.title" : phase.headline;
}

function heading(text: string): HTMLElement {
  return element("h1", { tabindex: -1 }, text);
}

function paragraph(content: Child): HTMLElement {
  return element("p", {}, content);
}

function notice({ tone, text, nearest }: Notice): HTMLElement {
  return element("div", { class: `bar ${tone}` }, element("p", { dir: "auto" }, text), nearest === undefined ? null : element("p", { dir: "auto" }, nearest));
}

function progress(text: string): HTMLElement {
  return element("div", { class: "progress" }, element("div", { class: "track", "aria-hidden": "true" }, element("div", { class: "runner" })), element("p", {}, text));
}

function setText(place: HTMLElement, text: string): void {
  if (place.textContent !== text) place.textContent = text;
}
