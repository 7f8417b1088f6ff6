/** An appointment and a server in memory, with faults to order; they hold the contract the use cases rely on. */

import { ApiProblem } from "../src/api.ts";
import type { Choices, Meeting, MeetingChange, MeetingRequest } from "../src/contract.ts";
import { withPlace, withoutPlace } from "../src/location.ts";
import { OfficeFailure } from "../src/office/calls.ts";
import type { BodyType, OpenItem, Person, Properties } from "../src/office/item.ts";

export const JOIN_URL = "https://contoso.clickmeeting.com/abc-def";
export const BLOCK = `<hr><p>ClickMeeting <a href="${JOIN_URL}">${JOIN_URL}</a></p>`;

export const CHOICES: Choices = {
  kind: "meeting", access: "open", permanent: false, dial_in: { enabled: true, country: null }, language: "en",
  token_delivery: "personal", registration: false, room_per_date: false, lobby_message: "", agenda: "",
};

export class FakeItem implements OpenItem {
  isOccurrence = false;
  title = "Planning";
  place = "Room 7";
  text = "<p>Hello</p>";
  type: BodyType = "html";
  kept: Record<string, string> = {};
  /** Every call in order; the call whose 1-based number is here fails. */
  readonly calls: string[] = [];
  failAt = 0;
  failAlwaysFrom = Infinity;
  /** Called before each answer, to change the item under the reader. */
  before: (call: string) => void = () => undefined;

  visible(): unknown {
    return { title: this.title, place: this.place, text: this.text };
  }

  private async call(name: string): Promise<void> {
    this.calls.push(name);
    this.before(name);
    const number = this.calls.length;
    if (number === this.failAt || number >= this.failAlwaysFrom) throw new OfficeFailure(name, "refused", 9000);
  }

  async subject(): Promise<string> {
    await this.call("subject");
    return this.title;
  }
  async start(): Promise<Date> {
    await this.call("start");
    return new Date("2027-01-11T09:00:00Z");
  }
  async end(): Promise<Date> {
    await this.call("end");
    return new Date("2027-01-11T09:30:00Z");
  }
  async allDay(): Promise<boolean | null> {
    return null;
  }
  async recurrence(): Promise<Office.Recurrence | null> {
    await this.call("recurrence");
    return null;
  }
  async people(field: "required" | "optional"): Promise<readonly Person[]> {
    await this.call(field);
    return field === "required" ? [{ address: "paris@contoso.example", name: "Colleague in Paris" }] : [];
  }
  async rooms(): Promise<readonly Person[]> {
    await this.call("rooms");
    return [];
  }
  /** Whose calendar it is, where it is another's. */
  shared: string | null = null;
  async owner(): Promise<string | null> {
    await this.call("owner");
    return this.shared;
  }
  async bodyType(): Promise<BodyType> {
    await this.call("bodyType");
    return this.type;
  }
  async body(): Promise<string> {
    await this.call("body");
    return this.text;
  }
  async prependBody(text: string): Promise<void> {
    await this.call("prependBody");
    this.text = text + this.text;
  }
  async setBody(body: string): Promise<void> {
    await this.call("setBody");
    this.text = body;
  }
  async location(): Promise<string> {
    await this.call("location");
    return this.place;
  }
  async addPlace(place: string): Promise<boolean> {
    await this.call("addPlace");
    const joined = withPlace(this.place, place);
    if (joined !== null) this.place = joined;
    return joined !== null;
  }
  async removePlace(place: string): Promise<void> {
    await this.call("removePlace");
    this.place = withoutPlace(this.place, place);
  }
  async properties(): Promise<Properties> {
    await this.call("properties");
    const working = new Map(Object.entries(this.kept));
    return {
      get: (name) => working.get(name) ?? null,
      set: (name, value) => void working.set(name, value),
      remove: (name) => void working.delete(name),
      save: async () => {
        await this.call("save");
        this.kept = Object.fromEntries(working);
      },
    };
  }
}

export class FakeServer {
  readonly meetings = new Map<string, Meeting>();
  readonly keys = new Map<string, { readonly request: string; readonly id: string }>();
  readonly calls: string[] = [];
  failOn = "";
  made = 0;
  /** What a room waits for while it is made; who asks again under its key is told of it as the real client waits. */
  making: () => Promise<void> = () => Promise.resolve();
  private readonly running = new Map<string, Promise<void>>();

  private enter(name: string): void {
    this.calls.push(name);
    if (name === this.failOn) throw new ApiProblem({ status: 503, reason: "unavailable", detail: "ClickMeeting does not answer." });
  }

  async meeting(id: string): Promise<Meeting> {
    this.enter("meeting");
    const found = this.meetings.get(id);
    if (found === undefined) throw new ApiProblem({ status: 404, reason: "missing" });
    return found;
  }

  async schedule(request: MeetingRequest, key: string): Promise<Meeting> {
    this.enter("schedule");
    const text = JSON.stringify(request);
    await this.running.get(key);
    const known = this.keys.get(key);
    const standing = known === undefined ? undefined : this.meetings.get(known.id);
    if (known !== undefined && (known.request !== text || standing === undefined)) {
      throw new ApiProblem({ status: 422, reason: "idempotency", ...(standing === undefined ? {} : { meeting_id: known.id }) });
    }
    if (standing !== undefined) return standing;
    this.made += 1;
    const meeting = meetingOf(request, `m${this.made}`);
    this.keys.set(key, { request: text, id: meeting.id });
    this.meetings.set(meeting.id, meeting);
    const making = this.making();
    this.running.set(key, making);
    await making;
    return meeting;
  }

  async change(id: string, change: MeetingChange): Promise<Meeting> {
    this.enter("change");
    const changed = { ...(await this.meeting(id)), title: change.title ?? "", access: change.access ?? "open" };
    this.meetings.set(id, changed);
    return changed;
  }

  async remove(id: string): Promise<void> {
    this.enter("remove");
    this.meetings.delete(id);
  }

  async body(id: string, edit: { op: "put" | "remove"; body: string }): Promise<{ body: string; changed: boolean }> {
    this.enter("body");
    if (edit.op === "put" && !this.meetings.has(id)) throw new ApiProblem({ status: 409, reason: "ended" });
    const bare = edit.body.replaceAll(BLOCK, "");
    const body = edit.op === "put" ? bare + BLOCK : bare;
    return { body, changed: body !== edit.body };
  }
}

export function meetingOf(request: MeetingRequest, id: string): Meeting {
  return {
    ...request, id, state: "draft", start: "2027-01-11T10:00:00", end: "2027-01-11T10:30:00", time_zone: "Europe/Warsaw",
    recurrence_text: null, strategy: "single", room: { room_id: 123456789, url: JOIN_URL }, join_url: JOIN_URL,
    invitation: { html: BLOCK, text: JOIN_URL, location: JOIN_URL }, pane_properties: { clickmeeting: "key" },
    participants: [], warnings: [], attention: null,
  };
}
