/**
 * What the host does for each dispatch id of office.js while an appointment is composed.
 * It knows the item, the body and the mailbox; it must not know how a call came in.
 */

import { OfficeFault } from "./channel.js";
import { notificationMethods } from "./notifications.js";

const HTML = 3;
const START = 1;
const RECIPIENT = { other: 0, list: 1, user: 2, external: 3 };
const SESSION_LIMIT = 50000;
const RECIPIENTS_IN_ALL = 1000;

const raw = (data) => ({ data, raw: true });
const answer = (data) => ({ data });

/** The handlers by dispatch id: (parameters) -> {data, raw?} or a promise of it. */
export function makeMethods(host) {
  return {
    ...tokens(host),
    ...people(host),
    ...words(host),
    ...times(host),
    ...bodies(host),
    ...properties(host),
    ...places(host),
    ...attachments(host),
    ...categories(host),
    ...session(host),
    ...notificationMethods(host),
    ...window_(host),
  };
}

function tokens(host) {
  const refused = () => raw({ wasSuccessful: false, errorCode: 9018, errorName: "GenericTokenError" });
  return {
    // Exchange's own tokens are off in every tenant
    2: refused,
    12: refused,
    98: async () => {
      if (host.config.tokenError) {
        throw new OfficeFault(host.config.tokenError);
      }
      return answer({ accessToken: await host.api.token() });
    },
  };
}

/** A person as office.js takes them in calls and in the initial data of the read form. */
export function describedPerson(host, person) {
  const known = host.config.people.find((one) => one.upn.toLowerCase() === person.address.toLowerCase());
  return {
    address: person.address, name: person.name, appointmentResponse: person.response ?? 0,
    recipientType: known ? RECIPIENT.user : RECIPIENT.external,
  };
}

function people(host) {
  const { described } = host.people;
  const taken = ({ recipientArray }) => {
    const found = recipientArray.map((entry) =>
      typeof entry === "string"
        ? { address: entry, name: entry }
        : { address: entry.emailAddress ?? entry.address, name: entry.displayName ?? entry.name }
    );
    if (found.some((person) => !person.address || !person.address.includes("@"))) {
      throw new OfficeFault(9013);
    }
    return found.map((person) => ({ ...person, name: host.nameOf(person.address) ?? person.name ?? person.address }));
  };
  const check = (count) => {
    if (count > RECIPIENTS_IN_ALL) {
      throw new OfficeFault(9012);
    }
  };
  return {
    15: ({ recipientField }) => answer(host.item.recipients[recipientField].map(described)),
    21: (data) => {
      const found = taken(data);
      check(found.length);
      host.item.setRecipients(data.recipientField, found);
      return answer();
    },
    22: (data) => {
      const found = taken(data);
      check(found.length + host.item.recipients[data.recipientField].length);
      host.item.addRecipients(data.recipientField, found);
      return answer();
    },
    107: () => answer({ ...described({ ...host.item.organizer }), recipientType: RECIPIENT.user }),
    108: () => {
      if (!host.config.owner) {
        throw new OfficeFault(9055);
      }
      return answer({
        owner: host.config.owner, targetMailbox: host.config.owner, targetRestUrl: "",
        delegatePermissions: 1 | 2 | 4 | 8 | 16 | 32,
      });
    },
  };
}

function words(host) {
  return {
    17: ({ subject }) => answer(host.item.setSubject(subject)),
    18: () => answer(host.item.subject),
    26: () => answer(host.item.location),
    27: ({ location }) => answer(host.item.setLocation(location)),
    171: () => answer(host.item.sensitivity),
    172: ({ sensitivity }) => answer(host.item.setSensitivity(sensitivity)),
  };
}

function times(host) {
  return {
    24: ({ TimeProperty }) => answer(TimeProperty === START ? host.item.start : host.item.end),
    25: ({ TimeProperty, time }) =>
      answer(TimeProperty === START ? host.item.setStart(time) : host.item.setEnd(time)),
    103: () => answer(copied(host.item.recurrence)),
    104: ({ recurrenceData }) => answer(host.item.setRecurrence(recurrenceData ?? null)),
    169: () => answer(host.item.isAllDay),
    170: ({ isAllDayEvent }) => answer(host.item.setAllDay(isAllDayEvent)),
  };
}

function bodies(host) {
  const write = (how) => ({ data, coercionType }) => {
    if (coercionType === HTML && host.body.type === "text") {
      throw new OfficeFault(9011);
    }
    how(data, coercionType === HTML);
    return answer();
  };
  const selected = write((data, isHtml) => host.body.replaceSelection(data, isHtml));
  return {
    13: selected,
    14: () => answer(host.body.type === "text" ? "text" : "html"),
    23: write((data, isHtml) => host.body.prepend(data, isHtml)),
    28: ({ coercionType }) =>
      answer({ data: host.body.selection(coercionType === HTML), sourceProperty: "body" }),
    29: selected,
    37: ({ coercionType }) => answer(coercionType === HTML ? host.body.html : host.body.text),
    38: write((data, isHtml) => host.body.set(data, isHtml)),
    100: ({ appendTxt, coercionType }) => {
      host.appendOnSend = { data: appendTxt ?? "", isHtml: coercionType === HTML };
      return answer();
    },
    173: write((data, isHtml) => host.body.append(data, isHtml)),
  };
}

function properties(host) {
  return {
    3: () => raw({ wasSuccessful: true, customProperties: JSON.stringify(host.item.customProperties) }),
    4: async ({ customProperties }) => {
      host.item.customProperties = copied(customProperties);
      await host.actions.keepProperties?.();
      return answer();
    },
    32: async () => answer(await host.save()),
    41: () => answer(host.discard()),
    42: () => answer(host.closePane()),
    97: () => answer(host.closePane()),
    99: () => answer(host.config.initializationContext ?? ""),
    164: () => {
      if (!host.item.id) {
        throw new OfficeFault(9046);
      }
      return answer(host.item.id);
    },
    404: async (data) => {
      const settings = Array.isArray(data) ? data[0] : data;
      if (JSON.stringify(settings).length > 32768) {
        throw new OfficeFault(9019);
      }
      await host.api.saveSettings(settings);
      return answer();
    },
  };
}

function places(host) {
  const resolved = ({ enhancedLocations }) =>
    enhancedLocations.map(({ id, type }) => ({ id, type, displayName: host.nameOf(id) ?? id }));
  return {
    154: () =>
      answer(
        host.item.locations.map(({ id, type, displayName }) => ({
          locationIdentifier: { id, type }, displayName, emailAddress: type === "room" ? id : undefined,
        }))
      ),
    155: (data) => answer(host.item.addLocations(resolved(data))),
    156: (data) => answer(host.item.removeLocations(data.enhancedLocations)),
  };
}

function attachments(host) {
  const add = (kind, size) => ({ name, isInline, uri, base64String }) => {
    const id = `attachment-${crypto.randomUUID()}`;
    const bytes = size({ uri, base64String });
    host.item.addAttachment({ id, name, size: bytes, kind, isInline: Boolean(isInline), base64String, uri });
    return answer(id);
  };
  return {
    16: add("file", () => 0),
    19: add("item", () => 0),
    20: ({ attachmentIndex }) => answer(host.item.removeAttachment(attachmentIndex)),
    148: add("file", ({ base64String }) => Math.floor((base64String.length * 3) / 4)),
    149: () =>
      answer(
        host.item.attachments.map(({ id, name, size, kind, isInline }) => ({
          id, name, size, isInline, attachmentType: kind === "item" ? 1 : 0, contentType: "application/octet-stream",
        }))
      ),
    150: ({ id }) => {
      const found = host.item.attachments.find((attachment) => attachment.id === id);
      if (!found) {
        throw new OfficeFault(9003);
      }
      return answer({ content: found.base64String ?? found.uri ?? "", format: found.base64String ? "base64" : "url" });
    },
  };
}

function categories(host) {
  const known = () => host.config.categories;
  return {
    157: () => answer(known().filter(({ displayName }) => host.item.categories.includes(displayName))),
    158: ({ categories: names }) => {
      if (names.some((name) => !known().some(({ displayName }) => displayName === name))) {
        throw new OfficeFault(9044);
      }
      host.item.setCategories([...new Set([...host.item.categories, ...names])]);
      return answer();
    },
    159: ({ categories: names }) =>
      answer(host.item.setCategories(host.item.categories.filter((name) => !names.includes(name)))),
    160: () => answer(known()),
    161: ({ categoryDetails }) => {
      const added = categoryDetails ?? [];
      if (added.some((one) => known().some(({ displayName }) => displayName === one.displayName))) {
        throw new OfficeFault(9045);
      }
      host.config.categories.push(...added);
      return answer();
    },
    162: ({ masterCategories }) => {
      const names = masterCategories ?? [];
      host.config.categories = known().filter(({ displayName }) => !names.includes(displayName));
      return answer();
    },
  };
}

function session(host) {
  const data = () => host.item.sessionData;
  return {
    185: ({ name, value }) => {
      const length = [...data()].reduce((sum, [key, text]) => sum + (key === name ? 0 : key.length + text.length), 0);
      if (length + name.length + value.length > SESSION_LIMIT) {
        throw new OfficeFault(9051);
      }
      data().set(name, value);
      return answer();
    },
    186: ({ name }) => {
      if (!data().has(name)) {
        throw new OfficeFault(9050);
      }
      return answer(data().get(name));
    },
    187: () => answer(Object.fromEntries(data())),
    188: () => answer(data().clear()),
    189: ({ name }) => {
      if (!data().delete(name)) {
        throw new OfficeFault(9050);
      }
      return answer();
    },
  };
}

function window_(host) {
  const silent = () => answer();
  return {
    94: (data) => {
      host.commandCompleted(data);
      return answer({});
    },
    163: silent,
    193: silent,
    400: silent,
    401: silent,
    402: silent,
    403: (data) => {
      host.openWindow(data);
      return answer();
    },
  };
}

function copied(value) {
  return value === null || value === undefined ? null : JSON.parse(JSON.stringify(value));
}
