/** Hosts the add-in's pages in frames: starts office.js in them, answers it, sends it events, runs commands. */

import { Channel } from "./channel.js";
import { DialogHost } from "./dialogs.js";
import { COMPOSE } from "./forms.js";
import { describedPerson } from "./methods.js";
import { sentence } from "./recurrence.js";

const OUTLOOK_WEB = 64;
const COMMAND_LIMIT_MS = 60000;
const HANDLER_LIMIT_MS = 300000;

/** One page of the add-in under office.js. */
export class HostedPage {
  constructor(host, { url, title, place, kind = "pane" }) {
    this.host = host;
    const isCommand = kind === "command";
    const frame = document.createElement("iframe");
    frame.title = title;
    this.frame = frame;
    this.isCommand = isCommand;
    this.controlId = crypto.randomUUID();
    this.conversation = `conversation-${crypto.randomUUID()}`;
    this.url = new URL(url, location.href);
    this.activated = new Promise((done) => {
      this.activate = done;
    });
    this.commandsReady = new Promise((done) => {
      this.commandsAreReady = done;
    });
    this.channel = new Channel({
      frame, origin: this.url.origin, conversation: this.conversation, log: host.log, faults: host.faults,
      onMethod: (name, data) => this.#method(name, data),
      onDispatch: (dispatchId, data, isDda) => this.#dispatch(dispatchId, data, isDda),
      onRegister: (name, data) => this.#registered(name, data),
      onUnregister: (name) => name === "dialogMessageReceived" && host.dialogs.close(),
    });
    frame.name = JSON.stringify({
      baseFrameName: "add-in",
      hostInfo: `Outlook$Web$16.01$${host.config.language}$${this.controlId}$${kind === "dialog" ? "isDialog" : ""}$$0`,
      xdmInfo: `${this.conversation}|${this.controlId}|${location.origin}`,
      serializerVersion: "1",
      flights: "[]",
    });
    frame.src = this.url.href;
    frame.id = kind === "pane" ? "pane-frame" : `${kind}-${this.controlId}`;
    frame.hidden = isCommand;
    // a frame takes its name when it is put in; one that is set later, office.js would not see
    place.append(frame);
  }

  close() {
    this.channel.close();
    this.frame.remove();
  }

  #registered(name, data) {
    if (name === "appCommandInvoked") {
      this.commandsAreReady();
    } else if (name === "dialogMessageReceived") {
      this.host.dialogs.show(this, data);
    }
  }

  #method(name, data) {
    if (name === "ContextActivationManager_getAppContextAsync") {
      return { data: this.#appContext() };
    }
    if (name === "ContextActivationManager_notifyHost") {
      this.host.notified(this, data[1], data[2]);
      if (data[1] === 21) {
        this.activate();
      }
      return { data: null };
    }
    if (name === "GetInitialData") {
      return { data: this.host.initialData() };
    }
    if (name === "ContextActivationManager_openWindowInHost") {
      this.host.openWindow({ url: data?.strUrl });
      return { data: null };
    }
    return undefined;
  }

  async #dispatch(dispatchId, data, isDda) {
    if (isDda && dispatchId === 94) {
      this.host.commandCompleted(data);
      return { data: {} };
    }
    if (isDda && (dispatchId === 144 || dispatchId === 145)) {
      this.host.dialogs.message(dispatchId, data);
      return { data: {} };
    }
    const method = this.host.methods[dispatchId];
    if (!method) {
      this.host.log.addUnknown({ dispatchId, data });
      return { data: undefined };
    }
    return method(data);
  }

  #appContext() {
    const { config } = this.host;
    return {
      _id: config.addInId, _appName: OUTLOOK_WEB, _appVersion: "16.01", _appUILocale: config.language,
      _dataLocale: config.language, _docUrl: location.origin, _clientMode: 0, _settings: this.host.settings(),
      _reason: 1, _osfControlType: this.isCommand ? 2 : 1, _eToken: "", _correlationId: this.controlId,
      _appInstanceId: this.controlId, _requirementMatrix: JSON.stringify(this.host.requirements()),
      _hostFullVersion: "20261102001.05", _addinName: config.addInName, _appDomains: [], _featureGates: {},
      _clientWindowHeight: innerHeight, _clientWindowWidth: innerWidth,
    };
  }
}

/** Everything of the open window that add-in pages can reach. */
export class AddInHost {
  constructor({ config, item, body, api, log, faults, actions, form = COMPOSE }) {
    this.form = form;
    this.config = config;
    this.item = item;
    this.body = body;
    this.api = api;
    this.log = log;
    this.faults = faults;
    this.actions = actions;
    this.pages = new Set();
    this.pane = null;
    this.appendOnSend = null;
    this.commands = new Map();
    this.people = { described: (person) => describedPerson(this, person) };
    this.methods = form.methods(this);
    this.runtime = null;
    this.dialogs = new DialogHost(
      (place, url) => new HostedPage(this, { url, place, title: "Dialog", kind: "dialog" })
    );
    this.roaming = config.roamingSettings;
    this.isItemOpen = true;
    item.addEventListener("changed", (event) => this.#itemChanged(event.detail));
  }

  requirements() {
    return { Mailbox: this.form.requirementSet(this.config), IdentityAPI: "1.3", DialogApi: "1.2", ...this.config.moreSets };
  }

  settings() {
    return this.roaming ?? {};
  }

  nameOf(address) {
    return this.config.people.find((person) => person.upn.toLowerCase() === address.toLowerCase())?.name;
  }

  initialData() {
    if (!this.isItemOpen) {
      return null;
    }
    const { config, item } = this;
    return {
      itemType: this.form.itemType, permissionLevel: config.permissionLevel, seriesId: item.seriesId,
      hostVersion: "20261102001.05", owaView: "ThreeColumns",
      userDisplayName: config.name, userEmailAddress: config.upn,
      userTimeZone: config.zone, userProfileType: "office365", timeZoneOffsets: config.timeZoneOffsets,
      ewsUrl: `${location.origin}/EWS/Exchange.asmx`, restUrl: `${location.origin}/api`,
      isFromSharedFolder: Boolean(config.owner), isRestIdSupported: false, itemNumber: 1,
      isItemSendSupported: false, shouldRunNewCodeForFlags: 0, featureGates: {},
      ...this.form.describe(this),
    };
  }

  /** The panel's values, in its names. */
  takeSettings(values) {
    this.config.requirementSet = values.requirement_set;
    this.config.permissionLevel = values.permission_level;
    this.config.tokenError = values.token_error;
    this.faults.stand(values.office_faults);
  }

  openPane(place, url) {
    this.closePane();
    this.pane = new HostedPage(this, { url, place, title: this.config.addInName });
    this.pages.add(this.pane);
    return this.pane;
  }

  closePane() {
    if (this.pane) {
      this.pages.delete(this.pane);
      this.pane.close();
      this.pane = null;
      this.actions.paneClosed();
    }
  }

  /** Run a function of the add-in's function file in a hidden frame; gives what it said on completion. */
  async runCommand(functionName, { page = this.config.commandsUrl, eventData = {} } = {}) {
    const hosted = this.#startRuntime(functionName, page);
    try {
      return await this.#invoke(hosted, functionName, eventData, COMMAND_LIMIT_MS);
    } finally {
      this.#endRuntime(hosted);
    }
  }

  /**
   * Run a handler of a launch event. Handlers that run at the same time share one page, which goes when the last of
   * them is done, as Outlook's runtime does.
   */
  async runHandler(functionName, eventData = {}) {
    this.runtime ??= { hosted: this.#startRuntime("Event handlers", this.config.commandsUrl), handlers: 0 };
    const { runtime } = this;
    runtime.handlers += 1;
    try {
      return await this.#invoke(runtime.hosted, functionName, eventData, HANDLER_LIMIT_MS);
    } finally {
      runtime.handlers -= 1;
      if (runtime.handlers === 0) {
        this.runtime = null;
        this.#endRuntime(runtime.hosted);
      }
    }
  }

  #startRuntime(title, page) {
    const hosted = new HostedPage(this, { url: page, title, place: document.body, kind: "command" });
    this.pages.add(hosted);
    return hosted;
  }

  #endRuntime(hosted) {
    this.pages.delete(hosted);
    hosted.close();
  }

  async #invoke(hosted, functionName, eventData, limit) {
    const id = `${functionName}-${crypto.randomUUID()}`;
    try {
      await within(limit, hosted.commandsReady, "The add-in's function file did not start.");
      const completed = new Promise((done) => this.commands.set(id, done));
      const event = JSON.stringify({ source: { id: functionName }, ...eventData });
      hosted.channel.emit("appCommandInvoked", { 0: id, 1: functionName, 2: event });
      return await within(limit, completed, `${functionName} did not say that it is done.`);
    } finally {
      this.commands.delete(id);
    }
  }

  commandCompleted(data) {
    const { 0: id, 1: status, 2: text } = data;
    const done = this.commands.get(id);
    if (!done) {
      this.log.addMalformed({ completion: id, note: "completed twice, or never invoked" });
      return;
    }
    this.commands.delete(id);
    done({ status, event: text ? JSON.parse(text) : null });
  }

  notified(page, action, detail) {
    this.actions.notified?.(page, action, detail);
  }

  openWindow(data) {
    this.actions.openWindow(data?.url ?? data?.navigationUrl ?? "");
  }

  save() {
    return this.actions.save();
  }

  discard() {
    this.actions.discard();
  }

  emit(name, data) {
    for (const page of this.pages) {
      page.channel.emit(name, data);
    }
  }

  /** The item goes away or another comes: every page gets a new one, or none. */
  itemSelected(isOpen) {
    this.isItemOpen = isOpen;
    const data = this.initialData();
    this.emit("olkItemSelectedChanged", data === null ? "" : data);
  }

  notificationClicked(notification, action) {
    const infobarDetails = { actionType: action.actionType, infobarType: notification.type };
    this.emit("olkInfobarClicked", [{ infobarDetails }]);
  }

  #itemChanged({ kind, field, status, attachment }) {
    const { item } = this;
    const tell = (name, data) => this.emit(name, [JSON.stringify(data)]);
    if (kind === "time") {
      tell("olkAppointmentTimeChanged", { start: item.start, end: item.end });
    } else if (kind === "recurrence") {
      tell("olkRecurrenceChanged", { recurrence: item.recurrence ? JSON.stringify(item.recurrence) : null });
    } else if (kind === "recipients") {
      tell("olkRecipientsChanged", {
        requiredAttendees: field === 0, optionalAttendees: field === 1, resources: false,
        to: false, cc: false, bcc: false,
      });
    } else if (kind === "location") {
      tell("olkEnhancedLocationsChanged", { enhancedLocations: item.locations.map(located) });
    } else if (kind === "attachments") {
      const { id, name, size } = attachment;
      const attachmentDetails = { id, name, size, attachmentType: "file" };
      tell("olkAttachmentsChanged", { attachmentStatus: status, attachmentDetails });
    }
  }

  /** For the window's title bar: the series in a sentence, or nothing. */
  seriesText() {
    return this.item.recurrence ? sentence(this.item.recurrence) : "";
  }
}

function located({ id, type, displayName }) {
  return { locationIdentifier: { id, type }, displayName };
}

function within(limit, promise, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(what)), limit);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
