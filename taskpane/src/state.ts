/** What the pane shows and what may happen next, as a pure machine; it must not know the page, Outlook or the server. */

import type { Meeting, Options } from "./contract.ts";
import type { Step } from "./scheduling.ts";
import type { SignInReason } from "./signin/source.ts";

/** One sentence to show, already in the reader's language. */
export interface Notice {
  readonly tone: "error" | "warning" | "success" | "info";
  readonly text: string;
  /** What the server can do instead of what was asked. */
  readonly nearest?: string;
  /** The field it speaks of. */
  readonly field?: string;
}

export type Task = "schedule" | "change" | "remove" | "write" | "clean";

/** The form, as it is left for a sign-in or a meeting's result is left for it. */
export interface EditingPhase {
  readonly name: "editing";
  readonly options: Options;
  readonly meeting: Meeting | null;
  readonly notices: readonly Notice[];
  /** What "Back" leads to. */
  readonly left?: ScheduledPhase;
}

export interface ScheduledPhase {
  readonly name: "scheduled";
  readonly options: Options;
  readonly meeting: Meeting;
  readonly headline: "scheduled.title" | "scheduled.changed";
  readonly notices: readonly Notice[];
  readonly drift: boolean;
  readonly missing: boolean;
  readonly confirming: boolean;
}

/** `outdated`: the earlier invitation stands there still. */
export type Left = "unwritten" | "outdated" | "unremoved";

/** A form that waits behind a sign-in, so that nothing typed is lost. */
interface Waiting {
  readonly behind?: EditingPhase;
}

export type Phase =
  | { readonly name: "loading" }
  | { readonly name: "unusable"; readonly why: "outside" | "attendee" | "occurrence" }
  | { readonly name: "signin"; readonly reason: SignInReason; readonly detail: string; readonly busy: boolean } & Waiting
  | { readonly name: "consent"; readonly url: string | null } & Waiting
  | { readonly name: "offline" } & Waiting
  | { readonly name: "broken"; readonly notice: Notice } & Waiting
  | EditingPhase
  | { readonly name: "working"; readonly task: Task; readonly step: Step; readonly slow: boolean; readonly before: Phase }
  | ScheduledPhase
  | { readonly name: "gone"; readonly options: Options; readonly id: string; readonly notices: readonly Notice[] }
  | {
      readonly name: "incomplete";
      readonly options: Options;
      readonly meeting: Meeting;
      readonly left: Left;
      readonly notices: readonly Notice[];
    };

export type Event =
  | { readonly type: "reload" }
  | { readonly type: "unusable"; readonly why: "outside" | "attendee" | "occurrence" }
  | { readonly type: "signin"; readonly reason: SignInReason; readonly detail: string }
  | { readonly type: "signin-press" }
  | { readonly type: "consent"; readonly url: string | null }
  | { readonly type: "offline" }
  | { readonly type: "broken"; readonly notice: Notice }
  | { readonly type: "fresh"; readonly options: Options; readonly notices: readonly Notice[] }
  | { readonly type: "gone"; readonly options: Options; readonly id: string }
  | {
      readonly type: "scheduled";
      readonly options: Options;
      readonly meeting: Meeting;
      readonly changed: boolean;
      readonly missing: boolean;
      readonly notices: readonly Notice[];
    }
  | { readonly type: "press"; readonly task: Task }
  | { readonly type: "step"; readonly step: Step }
  | { readonly type: "slow" }
  | { readonly type: "refused"; readonly notice: Notice }
  | { readonly type: "half-done"; readonly options: Options; readonly meeting: Meeting; readonly left: Left; readonly notice: Notice }
  | { readonly type: "resume" }
  | { readonly type: "edit" }
  | { readonly type: "back" }
  | { readonly type: "drifted"; readonly drift: boolean }
  | { readonly type: "confirm"; readonly open: boolean };

/** Tasks that may be begun from each phase; a second press while one runs finds "working" and is nothing. */
const PRESSES: Readonly<Partial<Record<Phase["name"], readonly Task[]>>> = {
  editing: ["schedule", "change"],
  scheduled: ["change", "remove", "write"],
  incomplete: ["write", "remove", "clean"],
  gone: ["clean"],
};

export function mayPress(phase: Phase, task: Task): boolean {
  return PRESSES[phase.name]?.includes(task) ?? false;
}

/** The next phase; the same object where the event means nothing here. */
export function next(phase: Phase, event: Event): Phase {
  switch (event.type) {
    case "reload":
      return { name: "loading" };
    case "unusable":
      return { name: "unusable", why: event.why };
    case "signin":
      return { name: "signin", reason: event.reason, detail: event.detail, busy: false, ...waiting(phase) };
    case "signin-press":
      return phase.name === "signin" && !phase.busy ? { ...phase, busy: true } : phase;
    case "consent":
      return { name: "consent", url: event.url, ...waiting(phase) };
    case "offline":
      return { name: "offline", ...waiting(phase) };
    case "broken":
      return { name: "broken", notice: event.notice, ...waiting(phase) };
    case "resume":
      return waiting(phase).behind ?? phase;
    case "fresh":
      return { name: "editing", options: event.options, meeting: null, notices: event.notices };
    case "gone":
      return { name: "gone", options: event.options, id: event.id, notices: [] };
    case "half-done":
      return { name: "incomplete", options: event.options, meeting: event.meeting, left: leftOf(phase, event.left), notices: [event.notice] };
    case "scheduled":
      return scheduled(event);
    default:
      return within(phase, event);
  }
}

type Inner = Extract<Event, { type: "press" | "step" | "slow" | "refused" | "edit" | "back" | "drifted" | "confirm" }>;

function within(phase: Phase, event: Inner): Phase {
  switch (event.type) {
    case "press":
      return mayPress(phase, event.task) ? { name: "working", task: event.task, step: "reading", slow: false, before: phase } : phase;
    case "step":
      return phase.name === "working" ? { ...phase, step: event.step } : phase;
    case "slow":
      return phase.name === "working" ? { ...phase, slow: true } : phase;
    case "refused":
      return phase.name === "working" ? withNotice(phase.before, event.notice) : withNotice(phase, event.notice);
    case "edit":
      return phase.name === "scheduled"
        ? { name: "editing", options: phase.options, meeting: phase.meeting, notices: [], left: { ...phase, notices: lasting(phase.notices) } }
        : phase;
    case "back":
      return (phase.name === "editing" ? phase.left : undefined) ?? phase;
    case "drifted":
      return phase.name === "scheduled" && phase.drift !== event.drift ? { ...phase, drift: event.drift } : phase;
    case "confirm":
      return phase.name === "scheduled" ? { ...phase, confirming: event.open } : phase;
  }
}

function withNotice(phase: Phase, notice: Notice): Phase {
  switch (phase.name) {
    case "scheduled":
      return { ...phase, notices: [notice], confirming: false };
    case "editing":
    case "gone":
    case "incomplete":
      return { ...phase, notices: [notice] };
    default:
      return { name: "broken", notice, ...waiting(phase) };
  }
}

/** The form behind a phase that shows none: the one a task was begun from, or that waits already. */
export function waiting(phase: Phase): Waiting {
  const begun = phase.name === "working" ? phase.before : phase;
  const behind = begun.name === "editing" ? begun : "behind" in begun ? begun.behind : undefined;
  return behind === undefined ? {} : { behind: { ...behind, notices: [] } };
}

/** After a failed change the earlier invitation stands there still, and so it does after each failed look at it. */
function leftOf(phase: Phase, left: Left): Left {
  if (phase.name !== "working" || left !== "unwritten") return left;
  const { task, before } = phase;
  const stands = before.name === "scheduled" ? !before.missing : before.name === "editing" && before.left?.missing === false;
  if (task === "change" && stands) return "outdated";
  return before.name === "incomplete" ? before.left : left;
}

/** What is still true when the person comes back to it. */
function lasting(notices: readonly Notice[]): readonly Notice[] {
  return notices.filter(({ tone }) => tone === "warning" || tone === "info");
}

interface Made {
  readonly options: Options;
  readonly meeting: Meeting;
  readonly changed: boolean;
  readonly missing: boolean;
  readonly notices: readonly Notice[];
}

function scheduled({ options, meeting, changed, missing, notices }: Made): Phase {
  const headline = changed ? "scheduled.changed" : "scheduled.title";
  return { name: "scheduled", options, meeting, headline, notices, drift: false, missing, confirming: false };
}
