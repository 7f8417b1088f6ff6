/** Who is invited: role, country, language and token of each, the own link to copy, sending by hand; it asks nobody itself. */

import type { Invited, InvitedPerson, Meeting } from "../contract.ts";
import type { Messages } from "../messages.ts";
import { copyText } from "./clipboard.ts";
import { button, element, moveFocus, present } from "./dom.ts";

const SHOWN_AT_FIRST = 6;

/** Before the server has told, the role is unknown. */
type Shown = Omit<InvitedPerson, "type"> & { readonly type: InvitedPerson["type"] | null };

export interface PeopleSource {
  readonly load: (signal: AbortSignal) => Promise<Invited>;
  /** Sends to those named, null to all who were told nothing yet. The failure's sentence where it did not work. */
  readonly send: (addresses: readonly string[] | null) => Promise<Invited | string>;
  /** A sentence for the polite live region. */
  readonly announce: (text: string) => void;
}

export class People {
  readonly element = element("section", { class: "people-part" });
  private readonly running = new AbortController();
  private whole = false;

  constructor(
    private readonly messages: Messages,
    private readonly meeting: Meeting,
    private readonly source: PeopleSource,
  ) {
    this.draw({ participants: meeting.participants.map(asInvited), waiting: 0 });
    if (meeting.participants.length > 0) void this.load();
  }

  end(): void {
    this.running.abort();
  }

  private async load(): Promise<void> {
    this.element.setAttribute("aria-busy", "true");
    try {
      const invited = await this.source.load(this.running.signal);
      if (!this.running.signal.aborted) this.draw(invited);
    } catch {
      // names and tokens stand there already; where somebody lives is an extra
    }
    this.element.setAttribute("aria-busy", "false");
  }

  private draw(invited: { readonly participants: readonly Shown[]; readonly waiting: number }): void {
    const say = this.messages.say.bind(this.messages);
    const people = invited.participants;
    this.element.hidden = people.length === 0;
    const list = element("ul", { class: "people" }, ...people.map((person, index) => this.person(person, `person-${index}`)));
    const folded = this.whole ? [] : ([...list.children].slice(SHOWN_AT_FIRST) as HTMLElement[]);
    for (const row of folded) row.hidden = true;
    const all = button(say("people.all", { count: this.messages.number(people.length) }), () => {
      this.whole = true;
      for (const row of folded) row.hidden = false;
      all.remove();
      folded[0]?.focus();
    }, "quiet", "all-people");
    const parts = [
      element("h2", { tabindex: -1 }, say("scheduled.people")), list, folded.length > 0 ? all : null,
      ...this.sending(invited.waiting),
    ];
    this.element.replaceChildren(...present(parts));
  }

  private person(person: Shown, id: string): HTMLElement {
    const say = this.messages.say.bind(this.messages);
    const name = person.name || person.address;
    const about = [
      ...(person.type === null ? [] : [say(`people.role.${person.type}`)]),
      ...(person.country === null ? [] : [this.messages.countryName(person.country, person.country)]),
      ...(person.language === null ? [] : [this.messages.languageName(person.language)]),
      ...(person.declined ? [say("people.declined")] : []),
    ];
    const state = this.state(person);
    const actions: HTMLElement[] = [];
    if (person.link !== null) actions.push(this.copying(name, person.link));
    if (person.delivery === "uncertain" || person.delivery === "failed") actions.push(this.again(person.address));
    for (const [index, press] of actions.entries()) {
      // "Copy link" alone would be the same for everybody
      press.id = `${id}-${index}`;
      press.setAttribute("aria-labelledby", `${press.id} ${id}`);
    }
    return element(
      "li", { tabindex: -1 },
      element("span", { class: "who", id }, element("bdi", {}, name)),
      about.length === 0 ? null : element("span", { class: "note" }, about.join(" · ")),
      state === null ? null : element("span", { class: `note state ${person.delivery}` }, state),
      actions.length === 0 ? null : element("span", { class: "row" }, ...actions),
    );
  }

  /** A room gets nothing of its own; nor does anybody where one link serves all. */
  private state({ delivery, has_token, link, type }: Shown): string | null {
    const say = this.messages.say.bind(this.messages);
    if (delivery !== "none") return say(`people.${delivery}`);
    if (this.meeting.access !== "token" || type === "resource" || (type !== null && link === null)) return null;
    return say(has_token ? "scheduled.person.token" : "scheduled.person.waiting");
  }

  private copying(name: string, link: string): HTMLElement {
    const say = this.messages.say.bind(this.messages);
    return button(say("scheduled.copy"), () => {
      void copyText(link).then((done) => this.source.announce(done ? say("people.copied", { name }) : say("scheduled.copy.failed")));
    }, "quiet");
  }

  private again(address: string): HTMLElement {
    const press = button(this.messages.say("people.again"), () => void this.send([address], press), "quiet");
    return press;
  }

  /** Before the appointment was sent nobody is told of anything. */
  private sending(waiting: number): readonly HTMLElement[] {
    if (waiting === 0 || this.meeting.state !== "followed") return [];
    const say = this.messages.say.bind(this.messages);
    const press = button(say("people.send"), () => void this.send(null, press), "plain", "send-invitations");
    return [element("p", { class: "note" }, say("people.waiting", { count: this.messages.number(waiting) })), press];
  }

  private async send(addresses: readonly string[] | null, press: HTMLButtonElement): Promise<void> {
    press.disabled = true;
    this.source.announce(this.messages.say("people.sending"));
    const outcome = await this.source.send(addresses);
    if (this.running.signal.aborted) return;
    if (typeof outcome === "string") {
      press.disabled = false;
      this.element.querySelector(".note.warning")?.remove();
      press.before(element("p", { class: "note warning", dir: "auto" }, outcome));
      return this.source.announce(outcome);
    }
    this.draw(outcome);
    this.source.announce(this.messages.say("people.told"));
    moveFocus(this.element.querySelector<HTMLElement>("h2"));
  }
}

function asInvited({ address, name, delivery, has_token }: Meeting["participants"][number]): Shown {
  return { address, name, type: null, declined: false, delivery, has_token, link: null, country: null, language: null };
}
