/** The open appointment as promises, through Office.js; it must not know the server or what a meeting is. */

import { LOCATION_LIMIT, withPlace, withoutPlace } from "../location.ts";
import { CallQueue, OfficeFailure, type Answer, type Start } from "./calls.ts";

export type BodyType = "html" | "text";

export interface Person {
  readonly address: string;
  readonly name: string;
}

/** What the use cases need of an open appointment; a plain object stands in for it in tests. */
export interface OpenItem {
  subject(): Promise<string>;
  start(): Promise<Date>;
  end(): Promise<Date>;
  allDay(): Promise<boolean | null>;
  recurrence(): Promise<Office.Recurrence | null>;
  /** True for one date of a series: that has no room of its own. */
  readonly isOccurrence: boolean;
  people(field: "required" | "optional"): Promise<readonly Person[]>;
  rooms(): Promise<readonly Person[]>;
  /** The address of whoever owns the calendar, where a delegate writes into another's; else null. */
  owner(): Promise<string | null>;
  bodyType(): Promise<BodyType>;
  body(type: BodyType): Promise<string>;
  setBody(body: string, type: BodyType): Promise<void>;
  /** Puts it before everything else; nothing else of the body is touched. */
  prependBody(text: string, type: BodyType): Promise<void>;
  location(): Promise<string>;
  /** False where it does not fit beside what the person wrote; nothing was changed then. */
  addPlace(place: string): Promise<boolean>;
  removePlace(place: string): Promise<void>;
  properties(): Promise<Properties>;
}

/** Custom properties of this add-in on this item: strings, 2,500 characters of JSON in all. */
export interface Properties {
  get(name: string): string | null;
  set(name: string, value: string): void;
  remove(name: string): void;
  save(): Promise<void>;
}

export const BODY_LIMIT = 1_000_000;

type ComposeItem = Office.AppointmentCompose & {
  readonly isAllDayEvent?: { getAsync(callback: (result: Office.AsyncResult<boolean>) => void): void };
};

/** A handler added twice is called twice. */
const WATCHED = new WeakSet<object>();

export function supports(set: string, version: string): boolean {
  return Office.context.requirements.isSetSupported(set, version);
}

/** Outlook on iOS or Android, which has far fewer calls than its requirement set says (Outlook facts 6). */
export function isPhone(): boolean {
  const platform = Office.context.diagnostics?.platform ?? Office.context.platform;
  return platform === Office.PlatformType?.iOS || platform === Office.PlatformType?.Android;
}

/** Wraps one item; every call fails with kind "switched" once Outlook shows another item. */
export class OutlookItem implements OpenItem {
  private constructor(
    private readonly item: ComposeItem,
    private readonly queue: CallQueue,
  ) {}

  /** The appointment being composed now, or null where something else (or nothing) is open. */
  static current(queue: CallQueue): OutlookItem | null {
    const item = Office.context.mailbox?.item as unknown as ComposeItem | null | undefined;
    if (!item || item.itemType !== Office.MailboxEnums.ItemType.Appointment) return null;
    // only compose has setters; in the read form subject is a plain string
    return typeof item.subject === "object" && typeof item.body?.setAsync === "function" ? new OutlookItem(item, queue) : null;
  }

  get isOccurrence(): boolean {
    // undefined where it does not apply, null for single items and for the series itself
    return this.item.seriesId != null;
  }

  subject(): Promise<string> {
    return this.ask("subject.getAsync", (done) => this.item.subject.getAsync(done));
  }

  start(): Promise<Date> {
    return this.ask("start.getAsync", (done) => this.item.start.getAsync(done));
  }

  end(): Promise<Date> {
    return this.ask("end.getAsync", (done) => this.item.end.getAsync(done));
  }

  /** null where this Outlook cannot tell (the call is newer than most clients). */
  async allDay(): Promise<boolean | null> {
    if (isPhone()) return null;
    const flag = this.item.isAllDayEvent;
    if (typeof flag?.getAsync !== "function") return null;
    return this.ask<boolean | null>("isAllDayEvent.getAsync", (done) => flag.getAsync(done)).catch(() => null);
  }

  async recurrence(): Promise<Office.Recurrence | null> {
    if (!supports("Mailbox", "1.7") || typeof this.item.recurrence?.getAsync !== "function") return null;
    return (await this.ask("recurrence.getAsync", (done) => this.item.recurrence.getAsync(done))) ?? null;
  }

  async people(field: "required" | "optional"): Promise<readonly Person[]> {
    const recipients = field === "required" ? this.item.requiredAttendees : this.item.optionalAttendees;
    const found = await this.ask<Office.EmailAddressDetails[]>(`${field}Attendees.getAsync`, (done) => recipients.getAsync(done));
    return found.map(({ emailAddress, displayName }) => ({ address: emailAddress, name: displayName }));
  }

  async rooms(): Promise<readonly Person[]> {
    if (!this.hasEnhancedLocation()) return [];
    const places = await this.ask<Office.LocationDetails[]>("enhancedLocation.getAsync", (done) => this.item.enhancedLocation.getAsync(done));
    return places
      .filter((place) => place.locationIdentifier.type === Office.MailboxEnums.LocationType.Room)
      .map((place) => ({ address: place.emailAddress || place.locationIdentifier.id, name: place.displayName }));
  }

  async owner(): Promise<string | null> {
    // not there outside a shared folder, whatever the types say
    if (!supports("Mailbox", "1.8") || typeof this.item.getSharedPropertiesAsync !== "function") return null;
    try {
      const shared = await this.ask<Office.SharedProperties>("getSharedPropertiesAsync", (done) => this.item.getSharedPropertiesAsync(done));
      return shared.owner.trim().toLowerCase() || null;
    } catch (failure) {
      // a refusal means that nothing is shared; without an answer nobody knows whose meeting it would be
      if (failure instanceof OfficeFailure && failure.kind === "refused") return null;
      throw failure;
    }
  }

  async bodyType(): Promise<BodyType> {
    // not promised on phones, which write HTML only
    if (typeof this.item.body.getTypeAsync !== "function") return "html";
    const type = await this.ask("body.getTypeAsync", (done) => this.item.body.getTypeAsync(done));
    return type === Office.CoercionType.Html ? "html" : "text";
  }

  body(type: BodyType): Promise<string> {
    return this.ask("body.getAsync", (done) => this.item.body.getAsync(coercion(type), done));
  }

  async setBody(body: string, type: BodyType): Promise<void> {
    await this.ask("body.setAsync", (done) => this.item.body.setAsync(body, { coercionType: coercion(type) }, done));
  }

  async prependBody(text: string, type: BodyType): Promise<void> {
    await this.ask("body.prependAsync", (done) => this.item.body.prependAsync(text, { coercionType: coercion(type) }, done));
  }

  location(): Promise<string> {
    return this.ask("location.getAsync", (done) => this.item.location.getAsync(done));
  }

  async addPlace(place: string): Promise<boolean> {
    const location = await this.location();
    if (location.includes(place)) return true;
    if (place.length > LOCATION_LIMIT) return false;
    if (this.hasEnhancedLocation()) {
      // a meeting room stays a room; writing the text would turn it into plain words
      const own = { id: place, type: Office.MailboxEnums.LocationType.Custom };
      await this.ask("enhancedLocation.addAsync", (done) => this.item.enhancedLocation.addAsync([own], done));
      return true;
    }
    const joined = withPlace(location, place);
    if (joined === null) return false;
    await this.setLocation(joined);
    return true;
  }

  async removePlace(place: string): Promise<void> {
    if (this.hasEnhancedLocation()) {
      const all = await this.ask<Office.LocationDetails[]>("enhancedLocation.getAsync", (done) => this.item.enhancedLocation.getAsync(done));
      const own = all.map((found) => found.locationIdentifier).filter((found) => found.id === place);
      if (own.length > 0) {
        await this.ask("enhancedLocation.removeAsync", (done) => this.item.enhancedLocation.removeAsync(own, done));
        return;
      }
    }
    const location = await this.location();
    const rest = withoutPlace(location, place);
    if (rest !== location) await this.setLocation(rest);
  }

  private async setLocation(location: string): Promise<void> {
    await this.ask("location.setAsync", (done) => this.item.location.setAsync(location, done));
  }

  async properties(): Promise<Properties> {
    const loaded = await this.ask<Office.CustomProperties>("loadCustomPropertiesAsync", (done) => this.item.loadCustomPropertiesAsync(done));
    return {
      get: (name) => {
        const value: unknown = loaded.get(name);
        return typeof value === "string" && value !== "" ? value : null;
      },
      set: (name, value) => loaded.set(name, value),
      remove: (name) => loaded.remove(name),
      save: async () => {
        await this.ask("customProperties.saveAsync", (done) => loaded.saveAsync(done));
      },
    };
  }

  /** Calls `changed` whenever time, recurrence or people of this item change, where Outlook can tell; once an item. */
  async watch(changed: () => void): Promise<void> {
    if (!supports("Mailbox", "1.7") || WATCHED.has(this.item)) return;
    WATCHED.add(this.item);
    const { AppointmentTimeChanged, RecurrenceChanged, RecipientsChanged } = Office.EventType;
    try {
      for (const event of [AppointmentTimeChanged, RecurrenceChanged, RecipientsChanged]) {
        await this.ask("addHandlerAsync", (done) => this.item.addHandlerAsync(event, changed, done));
      }
    } catch (failure) {
      WATCHED.delete(this.item);
      throw failure;
    }
  }

  private hasEnhancedLocation(): boolean {
    return supports("Mailbox", "1.8") && typeof this.item.enhancedLocation?.getAsync === "function";
  }

  private async ask<T>(call: string, start: Start<T>): Promise<T> {
    return this.queue.run<T>(call, (done) => {
      // after ItemChanged the old object still answers, but for whatever is open now
      if ((Office.context.mailbox?.item as unknown) !== this.item) throw new OfficeFailure(call, "switched");
      start(done as (answer: Answer<T>) => void);
    });
  }
}

function coercion(type: BodyType): Office.CoercionType {
  // office.js throws on any other spelling than these exact words
  return type === "html" ? Office.CoercionType.Html : Office.CoercionType.Text;
}
