/** The pane's conduct: what follows a press, what each failure leads to; it must not draw or call Office.js itself. */

import { Aborted, ApiProblem, Unreachable, type ServerClient } from "./api.ts";
import { sameAppointment, type Appointment } from "./appointment.ts";
import { choicesOf, initialChoices, newPassword, usualOf, type UsualChoices } from "./choices.ts";
import type { Choices, Meeting, MeetingRequest, Options, Preview } from "./contract.ts";
import { explain } from "./explain.ts";
import type { Messages } from "./messages.ts";
import { HalfDone, type Note, type Outcome, type Scheduling } from "./scheduling.ts";
import { SignInNeeded, type SignIn } from "./signin/source.ts";
import { zonedTime, type Timed } from "./when.ts";
import { mayPress, next, waiting, type Event, type Notice, type Phase, type Task } from "./state.ts";
import { ChoicesForm } from "./view/form.ts";
import type { Beside, Editing, PaneActions } from "./view/pane.ts";
import { People } from "./view/people.ts";
import type { Entry } from "./view/result.ts";
import { InvitationPreview } from "./view/preview.ts";
import { SeriesDates } from "./view/series.ts";

/** What one open appointment offers the pane. */
export interface Session {
  readonly scheduling: Scheduling;
  readonly read: () => Promise<Appointment>;
  /** Whose calendar it is, where it is another's. */
  readonly owner: () => Promise<string | null>;
  readonly untitled: string;
}

export interface PaneSurroundings {
  readonly messages: Messages;
  readonly server: ServerClient;
  readonly signIn: SignIn;
  /** The open appointment, or why there is none. */
  readonly session: () => Session | "attendee" | "occurrence";
  readonly usual: () => UsualChoices;
  readonly keepUsual: (usual: UsualChoices) => Promise<void>;
  readonly consentUrl: string | null;
  readonly whenText: (timed: Timed) => string;
  readonly newKey: () => string;
  readonly draw: (phase: Phase, editing: Editing | null, beside: Beside | null) => void;
  readonly announce: (text: string) => void;
}

const SLOW_MS = 6_000;
const DRIFT_SETTLE_MS = 800;

export class Pane {
  private phase: Phase = { name: "loading" };
  private session: Session | null = null;
  private options: Options | null = null;
  private editing: Editing | null = null;
  private beside: Beside | null = null;
  private running = new AbortController();
  /** As it was when the room was last brought in line. */
  private inLine: Appointment | null = null;
  private drifting: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly around: PaneSurroundings) {}

  readonly actions: PaneActions = {
    signIn: () => void this.signIn(),
    again: () => void this.again(),
    addNew: () => void this.addNew(),
    add: () => void this.submit("schedule"),
    save: () => void this.submit("change"),
    back: () => this.back(),
    change: () => this.edit(),
    askRemoval: (open) => this.take({ type: "confirm", open }),
    remove: () => void this.remove(),
    update: () => void this.update(),
    writeAgain: () => void this.writeAgain(),
    clean: () => void this.clean(),
    enter: (role) => this.enter(role),
    announce: (text) => this.around.announce(text),
    whenText: (meeting) => this.around.whenText(meeting),
  };

  /** Looks at the open item from the beginning; also after a switch to another item. */
  async open(): Promise<void> {
    this.running.abort();
    this.running = new AbortController();
    const { signal } = this.running;
    this.leaveForm();
    this.leaveResult();
    this.take({ type: "reload" });
    const session = this.around.session();
    if (typeof session === "string") return this.take({ type: "unusable", why: session });
    this.session = session;
    try {
      const [options, remembered] = await Promise.all([this.optionsOf(session, signal), session.scheduling.open(signal)]);
      if (signal.aborted) return;
      this.options = options;
      if (remembered.state === "none") this.fresh(options, remembered.unfinished ? [{ tone: "info", text: this.around.messages.say("unfinished.text") }] : []);
      else if (remembered.state === "gone") this.take({ type: "gone", options, id: remembered.id });
      else {
        const inLine = await session.read();
        if (signal.aborted) return;
        this.inLine = inLine;
        this.made(options, { meeting: remembered.meeting, notes: [] }, { missing: !remembered.inBody });
      }
    } catch (failure) {
      if (!signal.aborted) this.failed(failure, "opening");
    }
  }

  /** Outlook says that time, recurrence or people changed. */
  appointmentChanged(): void {
    clearTimeout(this.drifting);
    this.editing?.preview.outdated();
    this.drifting = setTimeout(() => void this.lookForDrift(), DRIFT_SETTLE_MS);
  }

  private async lookForDrift(): Promise<void> {
    const { session, inLine } = this;
    if (session === null) return;
    try {
      const now = await session.read();
      if (session !== this.session) return;
      const repeats = now.recurrence !== null;
      this.editing?.form.setSeries(repeats);
      this.editing?.preview.changed();
      (this.editing ?? this.beside)?.series.setSeries(repeats);
      if (this.phase.name === "scheduled" && inLine !== null) this.take({ type: "drifted", drift: !sameAppointment(now, inLine) });
    } catch {
      // only a hint: the next press reads again and tells what is wrong
      this.editing?.preview.changed();
    }
  }

  private fresh(options: Options, notices: readonly Notice[]): void {
    const choices = initialChoices(options, this.around.usual(), this.around.messages.language, newPassword);
    this.startForm(options, choices, null);
    this.take({ type: "fresh", options, notices });
    this.appointmentChanged();
  }

  private edit(): void {
    if (this.phase.name !== "scheduled") return;
    const { options, meeting } = this.phase;
    this.startForm(options, choicesOf(meeting), meeting);
    this.take({ type: "edit" });
    this.appointmentChanged();
  }

  private back(): void {
    this.leaveForm();
    this.take({ type: "back" });
    this.appointmentChanged();
  }

  /** The old invitation goes first: two of them would send people to two rooms. */
  private async addNew(): Promise<void> {
    if (this.phase.name !== "gone") return;
    const { options, id } = this.phase;
    await this.work("clean", async (session) => {
      this.step("writing");
      this.fresh(options, (await session.scheduling.clean(id)).map((note) => this.noted(note)));
    });
  }

  private startForm(options: Options, choices: Choices, meeting: Meeting | null): void {
    this.leaveForm();
    const load = async (signal: AbortSignal): Promise<Preview> => this.around.server.preview(await this.request(), signal);
    const refusal = (failure: unknown): string | null => {
      const refused = failure instanceof ApiProblem && failure.problem.status === 422;
      return refused ? explain(failure, this.around.messages).text : null;
    };
    const preview = new InvitationPreview(this.around.messages, load, refusal);
    const form = new ChoicesForm(this.around.messages, options, choices, meeting !== null, () => preview.changed());
    this.editing = { form, series: this.seriesDates(meeting), preview };
    preview.changed();
  }

  private seriesDates(meeting: Meeting | null): SeriesDates {
    const { messages, server, whenText } = this.around;
    return new SeriesDates(messages, {
      load: async (clashes, signal) => {
        if (this.session === null) throw new Aborted();
        const owner = meeting === null ? await this.session.owner() : null;
        const whose = meeting === null ? (owner === null ? {} : { owner }) : { meeting_id: meeting.id };
        const how = { language: messages.language, clashes, ...whose };
        return server.series(await this.session.read(), how, signal);
      },
      explain: (failure) => (failure instanceof ApiProblem && failure.problem.status === 422 ? explain(failure, messages) : null),
      dateText: ({ start, end }, allDay) => whenText({ start, end, time_zone: "UTC", all_day: allDay }),
      timeText: (start, zone) => zonedTime(start, zone, messages.formats),
    });
  }

  private besideOf(meeting: Meeting): Beside {
    const { messages, server, newKey, announce } = this.around;
    const { signal } = this.running;
    const people = new People(messages, meeting, {
      load: (ended) => server.participants(meeting.id, ended),
      send: async (addresses) => {
        try {
          return await server.invite(meeting.id, addresses, newKey(), signal);
        } catch (failure) {
          return explain(failure, messages).text;
        }
      },
      announce,
    });
    return { people, series: this.seriesDates(meeting) };
  }

  private async request(): Promise<MeetingRequest> {
    const { session, editing } = this;
    if (session === null || editing === null) throw new Aborted();
    const appointment = await session.read();
    const owner = await session.owner();
    return { ...appointment, title: appointment.title || session.untitled, ...editing.form.values(), ...(owner === null ? {} : { owner }) };
  }

  private leaveForm(): void {
    this.editing?.preview.end();
    this.editing?.series.end();
    this.editing = null;
  }

  private leaveResult(): void {
    this.beside?.series.end();
    this.beside?.people.end();
    this.beside = null;
  }

  private async submit(task: "schedule" | "change"): Promise<void> {
    const { phase, editing } = this;
    if (phase.name !== "editing" || editing === null || !mayPress(phase, task)) return;
    const wrong = editing.form.check();
    if (wrong !== null) return this.around.announce(wrong);
    clearTimeout(this.drifting);
    editing.preview.end();
    editing.series.end();
    const choices = editing.form.values();
    const { meeting } = phase;
    await this.work(task, async (session, signal) => {
      const step = this.step;
      const outcome = meeting === null ? await session.scheduling.schedule(choices, step, signal) : await session.scheduling.change(meeting, choices, step, signal);
      await this.finished(session, signal, outcome, meeting !== null);
      // what an old meeting was made with is no wish for new ones
      if (meeting === null) await this.around.keepUsual(usualOf(choices));
    });
  }

  private async update(): Promise<void> {
    if (this.phase.name !== "scheduled") return;
    const { meeting } = this.phase;
    await this.work("change", async (session, signal) => {
      await this.finished(session, signal, await session.scheduling.change(meeting, choicesOf(meeting), this.step, signal), true);
    });
  }

  private async writeAgain(): Promise<void> {
    if (this.phase.name !== "scheduled" && this.phase.name !== "incomplete") return;
    const { meeting } = this.phase;
    await this.work("write", async (session, signal) => {
      this.step("writing");
      const text = this.around.messages.say("scheduled.written");
      await this.finished(session, signal, await session.scheduling.writeAgain(meeting), false, { tone: "success", text });
    });
  }

  private async remove(): Promise<void> {
    if (this.phase.name !== "scheduled" && this.phase.name !== "incomplete") return;
    const { meeting, options } = this.phase;
    await this.work("remove", async (session, signal) => {
      const notes = await session.scheduling.remove(meeting, this.step, signal);
      if (!signal.aborted) this.removed(options, notes);
    });
  }

  private async clean(): Promise<void> {
    if (this.phase.name !== "gone" && this.phase.name !== "incomplete") return;
    const { options } = this.phase;
    const id = this.phase.name === "gone" ? this.phase.id : this.phase.meeting.id;
    await this.work("clean", async (session, signal) => {
      this.step("writing");
      const notes = await session.scheduling.clean(id);
      if (!signal.aborted) this.removed(options, notes);
    });
  }

  private removed(options: Options, notes: readonly Note[]): void {
    const told: Notice = { tone: "success", text: this.around.messages.say("removed.text") };
    this.fresh(options, [told, ...notes.map((note) => this.noted(note))]);
  }

  /** A failure that the person can do nothing about elsewhere is told where the button was pressed. */
  private async enter(role: "host" | "presenter"): Promise<Entry> {
    if (this.phase.name !== "scheduled") throw new Aborted();
    try {
      return await this.around.server.entry(this.phase.meeting.id, role, this.running.signal);
    } catch (failure) {
      if (failure instanceof Aborted || this.askedToSignIn(failure)) throw failure;
      return { refused: explain(failure, this.around.messages).text };
    }
  }

  private async signIn(): Promise<void> {
    if (this.phase.name !== "signin" || this.phase.busy) return;
    const { signal } = this.running;
    this.take({ type: "signin-press" });
    try {
      await this.around.signIn.interactively();
    } catch (failure) {
      if (!signal.aborted) this.failed(failure, "signing in");
      return;
    }
    if (!signal.aborted) await this.again();
  }

  /** Back to the form where one waits, else from the beginning. */
  private async again(): Promise<void> {
    if (this.editing === null || waiting(this.phase).behind === undefined) return this.open();
    const { signal } = this.running;
    try {
      if (this.session !== null) await this.optionsOf(this.session, signal); // an allowance that is still missing is told here, not after the press
      if (signal.aborted) return;
      this.take({ type: "resume" });
      this.appointmentChanged();
    } catch (failure) {
      if (!signal.aborted) this.failed(failure, "opening");
    }
  }

  private async optionsOf(session: Session, signal: AbortSignal): Promise<Options> {
    return this.around.server.options(await session.owner(), signal);
  }

  /** One task at a time; presses while it runs find the phase "working" and are nothing. */
  private async work(task: Task, does: (session: Session, signal: AbortSignal) => Promise<void>): Promise<void> {
    const { session } = this;
    const { signal } = this.running;
    if (session === null || !mayPress(this.phase, task)) return;
    this.take({ type: "press", task });
    const slow = setTimeout(() => !signal.aborted && this.take({ type: "slow" }), SLOW_MS);
    try {
      await does(session, signal);
    } catch (failure) {
      if (!signal.aborted) this.failed(failure, task);
    } finally {
      clearTimeout(slow);
    }
  }

  private readonly step = (step: Extract<Event, { type: "step" }>["step"]): void => this.take({ type: "step", step });

  /** What was done to an item that is shown no more is not shown over the one that is. */
  private async finished(session: Session, signal: AbortSignal, outcome: Outcome, changed: boolean, ...extra: readonly Notice[]): Promise<void> {
    const inLine = await session.read().catch(() => null);
    if (signal.aborted) return;
    this.inLine = inLine;
    this.leaveForm();
    if (this.options !== null) this.made(this.options, outcome, { changed, extra });
  }

  private made(
    options: Options,
    { meeting, notes }: Outcome,
    { changed = false, missing = false, extra = [] }: { changed?: boolean; missing?: boolean; extra?: readonly Notice[] },
  ): void {
    const warnings = meeting.warnings.map((text): Notice => ({ tone: "warning", text }));
    this.leaveResult();
    this.beside = this.besideOf(meeting);
    this.beside.series.setSeries(meeting.recurrence_text !== null);
    this.take({ type: "scheduled", options, meeting, changed, missing, notices: [...extra, ...notes.map((note) => this.noted(note)), ...warnings] });
  }

  private noted(note: Note): Notice {
    const tone = note === "pictures-above" || note === "untitled" || note === "already" ? "info" : "warning";
    return { tone, text: this.around.messages.say(`note.${note}`) };
  }

  /** Where each failure leads. */
  private failed(failure: unknown, during: Task | "opening" | "signing in"): void {
    const { messages } = this.around;
    if (this.askedToSignIn(failure)) return;
    // after the sign-in the item and the server tell what is left to do
    if (failure instanceof HalfDone && this.askedToSignIn(failure.failure)) return;
    if (failure instanceof HalfDone && this.options !== null) {
      const notice = explain(failure.failure, messages);
      return this.take({ type: "half-done", options: this.options, meeting: failure.meeting, left: failure.left, notice });
    }
    if (failure instanceof Unreachable && during === "opening") return this.take({ type: "offline" });
    const notice = explain(failure, messages);
    if (during === "opening") return this.take({ type: "broken", notice });
    // every other failed schedule is HalfDone, so this is known
    const unchanged = during === "schedule" ? ` ${messages.say("problem.unchanged")}` : "";
    this.take({ type: "refused", notice: { ...notice, text: notice.text + unchanged } });
    if (notice.field !== undefined) this.editing?.form.complain(notice.field, notice.text);
    if (this.editing !== null) this.appointmentChanged();
  }

  /** Whether the failure led to the sign-in or to an administrator's consent. */
  private askedToSignIn(failure: unknown): boolean {
    const problem = failure instanceof ApiProblem ? failure.problem : null;
    if (failure instanceof SignInNeeded && failure.reason !== "consent") {
      this.take({ type: "signin", reason: failure.reason, detail: String(failure.detail) });
    } else if (failure instanceof SignInNeeded || /consent/.test(problem?.reason ?? "")) {
      this.take({ type: "consent", url: problem?.consent_url ?? this.around.consentUrl });
    } else if (problem?.status === 401) {
      this.take({ type: "signin", reason: "interaction", detail: problem.reason ?? "" });
    } else return false;
    return true;
  }

  private take(event: Event): void {
    const after = next(this.phase, event);
    if (after === this.phase) return;
    this.phase = after;
    this.around.draw(after, this.editing, this.beside);
  }
}
