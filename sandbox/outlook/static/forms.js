/** In what the windows of an appointment differ for the add-in: the item's type, its first description, its calls. */

import { OfficeFault } from "./channel.js";
import { makeMethods } from "./methods.js";

const APPOINTMENT_READ = 2;
const APPOINTMENT_COMPOSE = 5;
const NOT_SUPPORTED = 5000;
const FILE = 0;

/** What only an item in the making has; in the read form office.js offers no way to ask for these. */
const COMPOSE_ONLY = [
  13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 32, 38, 41, 100, 103, 104, 107, 148, 149, 155, 156,
  164, 169, 170, 171, 172, 173, 185, 186, 187, 188, 189,
];

/**
 * What a phone's online-meeting command may use: body, times, location, subject, recipients, custom properties,
 * settings, tokens, dialogs, and the completion of the command.
 */
const ON_PHONES = [3, 4, 14, 15, 17, 18, 21, 22, 24, 25, 26, 27, 37, 38, 94, 97, 98, 163, 193, 400, 401, 402, 403, 404];
const PHONE_SET = "1.5";

/** The form in which an appointment is written. */
export const COMPOSE = {
  itemType: APPOINTMENT_COMPOSE,
  methods: makeMethods,
  requirementSet: (config) => config.requirementSet,
  describe: () => ({}),
};

/** The form in which an attendee reads it: values stand in the initial data, few calls are left. */
export const READ = {
  itemType: APPOINTMENT_READ,
  methods: (host) => without(makeMethods(host), COMPOSE_ONLY),
  requirementSet: (config) => config.requirementSet,
  describe: ({ item, people }) => ({
    id: item.id,
    itemClass: item.seriesId ? "IPM.Appointment.Occurrence" : "IPM.Appointment",
    subject: item.subject,
    normalizedSubject: item.subject.replace(/^((re|fw|canceled): *)+/i, ""),
    location: item.location,
    start: item.start,
    end: item.end,
    organizer: people.described(item.organizer),
    to: item.required.map(people.described),
    cc: item.optional.map(people.described),
    recurrence: item.recurrence,
    attachments: item.attachments.map(({ id, name, size, contentType }) => ({
      id, name, size, contentType, attachmentType: FILE, isInline: false,
    })),
    dateTimeCreated: item.created,
    dateTimeModified: item.modified,
    isAllDayEvent: item.isAllDay,
    sensitivity: item.sensitivity,
  }),
};

/** A phone's compose form: only the calls of the online-meeting command; office.js still is the one of the web. */
export const PHONE = {
  itemType: APPOINTMENT_COMPOSE,
  methods: (host) => {
    const all = makeMethods(host);
    const allowed = (id) => ON_PHONES.includes(Number(id));
    return Object.fromEntries(
      Object.entries(all).map(([id, method]) => [id, allowed(id) ? method : () => refuseOnPhone(host, Number(id))])
    );
  },
  requirementSet: () => PHONE_SET,
  describe: () => ({}),
};

function refuseOnPhone(host, dispatchId) {
  host.log.refused.push({ dispatchId });
  throw new OfficeFault(NOT_SUPPORTED, `phones do not have the call ${dispatchId}`);
}

function without(methods, names) {
  return Object.fromEntries(Object.entries(methods).filter(([id]) => !names.includes(Number(id))));
}
