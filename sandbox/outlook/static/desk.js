/** `window.desk`: what a test can do in the place of Outlook's user and of Outlook's faults. */

/** @param {import("./compose.js").Compose} compose */
export function makeDesk(compose) {
  const { host, item, body, log, faults } = compose;
  const person = (entry) => (typeof entry === "string" ? { address: entry, name: host.nameOf(entry) ?? entry } : entry);
  return {
    log,
    ready: compose.ready,
    get item() {
      return { ...item.toState({ ...body.state, isTouched: true }), notifications: item.notifications };
    },
    setSubject: (text) => item.setSubject(text),
    setLocation: (text) => item.setLocation(text),
    addRecipient: (entry, field = "required") => item.addRecipients(field === "optional" ? 1 : 0, [person(entry)]),
    setRecipients: (entries, field = "required") =>
      item.setRecipients(field === "optional" ? 1 : 0, entries.map(person)),
    setTimes: (start, end) => item.setTimes(new Date(start).getTime(), new Date(end).getTime()),
    setZone: (zone) => item.setZone(zone),
    setAllDay: (isAllDay) => item.setAllDay(isAllDay),
    setRecurrence: (recurrence) => item.setRecurrence(recurrence),
    setBody: (data, type = "html") => {
      body.setType(type);
      body.set(data, type === "html");
    },
    bodyHtml: () => body.html,
    bodyText: () => body.text,
    openPane: () => compose.openPane(),
    closePane: () => host.closePane(),
    pressCommand: (name, options) => host.runCommand(name, options),
    clickNotification: (key) => {
      const found = item.notifications.find((one) => one.key === key);
      host.notificationClicked(found, found.actions[0]);
    },
    selectNothing: () => host.itemSelected(false),
    selectAgain: () => host.itemSelected(true),
    save: () => compose.save(),
    send: () => compose.send(),
    /** The next call of a dispatch id: error code, milliseconds, no answer at all, access denied, channel error. */
    failNext: (dispatchId, code) => faults.order(dispatchId, { code }),
    delayNext: (dispatchId, milliseconds) => faults.order(dispatchId, { delay: milliseconds }),
    dropNext: (dispatchId) => faults.order(dispatchId, { drop: true }),
    /** Its answer comes after that of the call that follows it. */
    overtakeNext: (dispatchId) => faults.order(dispatchId, { behind: true }),
    denyNext: (dispatchId) => faults.order(dispatchId, { deny: true }),
    breakNext: (dispatchId, channel = -2) => faults.order(dispatchId, { channel }),
    clearFaults: () => faults.clear(),
    setRequirementSet: (version) => {
      host.config.requirementSet = version;
    },
    setPermissionLevel: (level) => {
      host.config.permissionLevel = level;
    },
    setTokenError: (code) => {
      host.config.tokenError = code;
    },
  };
}
