/** The open appointment: its fields, the rules by which they move together, and who is told. It knows no channel. */

import { OfficeFault } from "./channel.js";
import { faultOf, occurrences } from "./recurrence.js";
import { daysBetween, instantOf, plusDays, wallOf } from "./zones.js";

const DAY_MS = 86400000;
const REQUIRED = 0;

export class Appointment extends EventTarget {
  /**
   * @param {object} state as /outlook/api gives it, or a fresh one
   * @param {Record<string, string>} zones Windows names to IANA names
   */
  constructor(state, zones) {
    super();
    this.zones = zones;
    this.id = state.id ?? null;
    this.seriesId = state.seriesId ?? null;
    this.isSeriesMaster = Boolean(state.isSeriesMaster);
    this.isOrganizer = state.isOrganizer ?? true;
    this.organizer = state.organizer;
    this.subject = state.subject ?? "";
    this.location = state.location ?? "";
    this.locations = state.locations ?? [];
    this.recipients = [state.required ?? [], state.optional ?? []];
    this.start = state.start;
    this.end = state.end;
    this.zone = state.zone;
    this.isAllDay = Boolean(state.isAllDay);
    this.recurrence = state.recurrence ?? null;
    this.sensitivity = state.sensitivity ?? "normal";
    this.categories = state.categories ?? [];
    this.customProperties = state.customProperties ?? {};
    this.attachments = state.attachments ?? [];
    this.isSent = Boolean(state.isSent);
    this.created = state.created ?? null;
    this.modified = state.modified ?? null;
    this.sessionData = new Map();
    this.notifications = [];
  }

  get iana() {
    return this.zones[this.zone] ?? this.zone;
  }

  #tell(kind, detail = null) {
    this.dispatchEvent(new CustomEvent("changed", { detail: { kind, ...detail } }));
  }

  setSubject(subject) {
    this.subject = subject;
    this.#tell("subject");
  }

  setLocation(location) {
    this.location = location;
    this.locations = location ? [{ id: location, type: "custom", displayName: location }] : [];
    this.#tell("location");
  }

  addLocations(locations) {
    for (const { id, type, displayName } of locations) {
      if (!this.locations.some((known) => known.id === id && known.type === type)) {
        this.locations.push({ id, type, displayName: displayName ?? id });
      }
    }
    this.#joinLocations();
  }

  removeLocations(locations) {
    this.locations = this.locations.filter(
      (known) => !locations.some(({ id, type }) => type === known.type && (id === known.id || id === known.displayName))
    );
    this.#joinLocations();
  }

  #joinLocations() {
    this.location = this.locations.map((known) => known.displayName).join("; ");
    this.#tell("location");
  }

  setZone(zone) {
    const start = wallOf(this.start, this.iana);
    const end = wallOf(this.end, this.iana);
    this.zone = zone;
    this.start = instantOf(start, this.iana);
    this.end = instantOf(end, this.iana);
    if (this.recurrence) {
      this.recurrence = { ...this.recurrence, recurrenceTimeZone: { name: zone } };
    }
    this.#followSeries();
    this.#tell("time");
  }

  /** Moving the start keeps the duration; of an all-day event it makes a day of 24 hours that is none. */
  setStart(instant) {
    const duration = this.isAllDay ? DAY_MS : this.end - this.start;
    this.isAllDay = false;
    this.start = instant;
    this.end = instant + duration;
    this.#followSeries();
    this.#tell("time");
  }

  setEnd(instant) {
    if (instant < this.start) {
      throw new OfficeFault(9010);
    }
    this.end = instant;
    this.isAllDay = false;
    this.#followSeries();
    this.#tell("time");
  }

  /** Both at once, as a person's form does. */
  setTimes(start, end) {
    if (end < start) {
      throw new OfficeFault(9010);
    }
    if (start === this.start && end === this.end) {
      return;
    }
    this.start = start;
    this.end = end;
    this.#followSeries();
    this.#tell("time");
  }

  setAllDay(isAllDay) {
    if (isAllDay === this.isAllDay) {
      return;
    }
    this.isAllDay = isAllDay;
    const first = { ...wallOf(this.start, this.iana), hour: 0, minute: 0 };
    if (isAllDay) {
      const last = wallOf(Math.max(this.start, this.end - 1), this.iana);
      this.start = instantOf(first, this.iana);
      this.end = instantOf(plusDays(first, daysBetween(first, last) + 1), this.iana);
    } else {
      this.start = instantOf({ ...first, hour: 9 }, this.iana);
      this.end = this.start + 30 * 60000;
    }
    this.#followSeries();
    this.#tell("time");
  }

  /** A series' time of day and first date move with the item's own, which stays on a date of the pattern. */
  #followSeries() {
    if (!this.recurrence) {
      return;
    }
    const zone = this.zones[this.recurrence.recurrenceTimeZone?.name] ?? this.iana;
    const wall = wallOf(this.start, zone);
    const series = { ...this.recurrence.seriesTimeJson };
    series.startYear = wall.year;
    series.startMonth = wall.month;
    series.startDay = wall.day;
    series.startTimeMin = wall.hour * 60 + wall.minute;
    series.durationMin = Math.round((this.end - this.start) / 60000);
    this.recurrence = { ...this.recurrence, seriesTimeJson: series };
    const [first] = occurrences(this.recurrence, 1);
    if (first && daysBetween(wall, first) > 0) {
      const duration = this.end - this.start;
      this.start = instantOf({ ...wall, year: first.year, month: first.month, day: first.day }, zone);
      this.end = this.start + duration;
    }
    this.#tell("recurrence");
  }

  setRecurrence(recurrence) {
    if (this.seriesId) {
      throw new OfficeFault(9033);
    }
    if (recurrence === null) {
      this.recurrence = null;
      this.#tell("recurrence");
      return;
    }
    const code = faultOf(recurrence, new Set(Object.keys(this.zones)));
    if (code) {
      throw new OfficeFault(code);
    }
    const zone = recurrence.recurrenceTimeZone?.name ?? this.zone;
    const series = recurrence.seriesTimeJson;
    this.recurrence = { ...recurrence, recurrenceTimeZone: { ...recurrence.recurrenceTimeZone, name: zone } };
    const [first] = occurrences(recurrence, 1);
    const clock = { hour: Math.floor(series.startTimeMin / 60), minute: series.startTimeMin % 60 };
    this.zone = zone;
    this.start = instantOf({ ...first, ...clock }, this.iana);
    this.end = this.start + series.durationMin * 60000;
    this.isAllDay = this.isAllDay && series.startTimeMin === 0 && series.durationMin % 1440 === 0;
    this.#tell("time");
    this.#tell("recurrence");
  }

  setRecipients(field, people) {
    this.recipients[field] = unique(people);
    this.#tell("recipients", { field });
  }

  addRecipients(field, people) {
    this.setRecipients(field, [...this.recipients[field], ...people]);
  }

  get required() {
    return this.recipients[REQUIRED];
  }

  get optional() {
    return this.recipients[1];
  }

  setSensitivity(sensitivity) {
    this.sensitivity = sensitivity;
    this.#tell("sensitivity");
  }

  setCategories(categories) {
    this.categories = categories;
    this.#tell("categories");
  }

  addAttachment(attachment) {
    this.attachments.push(attachment);
    this.#tell("attachments", { status: "added", attachment });
  }

  removeAttachment(id) {
    const found = this.attachments.find((attachment) => attachment.id === id);
    if (!found) {
      throw new OfficeFault(9008);
    }
    this.attachments = this.attachments.filter((attachment) => attachment !== found);
    this.#tell("attachments", { status: "removed", attachment: found });
  }

  setNotifications(notifications) {
    this.notifications = notifications;
    this.#tell("notifications");
  }

  saved(state) {
    this.id = state.id;
    this.isSent = Boolean(state.isSent);
    this.#tell("saved");
  }

  /** What /outlook/api/.../save takes; the body comes from the editor. */
  toState(body) {
    return {
      id: this.id, subject: this.subject, location: this.location, locations: this.locations, required: this.required,
      optional: this.optional, start: this.start, end: this.end, zone: this.zone, isAllDay: this.isAllDay,
      recurrence: this.recurrence, sensitivity: this.sensitivity, categories: this.categories,
      customProperties: this.customProperties, attachments: this.attachments, seriesId: this.seriesId,
      body: this.id && !body.isTouched ? null : body.data, bodyType: body.type,
    };
  }
}

function unique(people) {
  const found = new Map();
  for (const person of people) {
    const address = person.address.trim();
    if (!found.has(address.toLowerCase())) {
      found.set(address.toLowerCase(), { address, name: person.name || address });
    }
  }
  return [...found.values()];
}
