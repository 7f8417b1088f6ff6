/** The window in which an appointment is written: ties form, item, body and the add-in's pane together. */

import { AddInHost } from "./addin.js";
import { Api, mailboxPath } from "./api.js";
import { BodyEditor } from "./body.js";
import { Faults, Log, OfficeFault } from "./channel.js";
import { listenToCommands, openAddress } from "./commands.js";
import { makeDesk } from "./desk.js";
import { RecurrenceDialogue } from "./dialogue.js";
import { Appointment } from "./item.js";
import { LaunchEvents } from "./launch.js";
import { showNotifications } from "./notifications.js";
import { PeopleField } from "./people.js";
import { dateText, instantOf, plusDays, readWall, timeText, wallOf } from "./zones.js";

const element = (id) => document.getElementById(id);

export class Compose {
  constructor(config) {
    this.config = config;
    this.api = new Api(config.upn, config.owner);
    this.log = new Log();
    this.faults = new Faults(config.officeFaults);
    this.item = new Appointment(config.state, config.zones);
    this.body = new BodyEditor(element("body"));
    this.host = new AddInHost({
      config, item: this.item, body: this.body, api: this.api, log: this.log, faults: this.faults, actions: this,
    });
    this.dialogue = new RecurrenceDialogue(element("recurrence"), (chosen) => this.item.setRecurrence(chosen));
    this.fields = [
      new PeopleField(element("required"), config.people, (people) => this.item.setRecipients(0, people)),
      new PeopleField(element("optional"), config.people, (people) => this.item.setRecipients(1, people)),
    ];
    this.launch = new LaunchEvents(this.host, { ask: (text, until) => this.#ask(text, until) });
    this.#listen();
    this.ready = this.body.ready.then(() => {
      this.body.load(config.state.body ?? "", config.state.bodyType ?? "html");
      this.show();
      document.body.dataset.state = "ready";
      this.launch.opened();
    });
  }

  #listen() {
    this.item.addEventListener("changed", () => this.show());
    element("subject").addEventListener("input", (event) => this.item.setSubject(event.target.value));
    element("location").addEventListener("input", (event) => this.item.setLocation(event.target.value));
    element("all-day").addEventListener("change", (event) => this.item.setAllDay(event.target.checked));
    element("zone").addEventListener("change", (event) => this.item.setZone(event.target.value));
    for (const id of ["start-date", "start-time", "end-date", "end-time"]) {
      element(id).addEventListener("change", () => this.#timesTyped(id));
    }
    element("repeat").addEventListener("click", () => this.dialogue.open(this.item));
    element("send").addEventListener("click", () => this.#tried(() => this.send()));
    element("save").addEventListener("click", () => this.#tried(() => this.save()));
    element("discard").addEventListener("click", () => this.discard());
    element("delete").addEventListener("click", () => this.#tried(() => this.remove()));
    element("pane-button").addEventListener("click", () => (this.host.pane ? this.host.closePane() : this.openPane()));
    element("pane-close").addEventListener("click", () => this.host.closePane());
    listenToCommands(this.host, (text, isError) => this.say(text, isError));
    document.addEventListener("settings", ({ detail }) => this.#takeSettings(detail));
  }

  /** What was set in the panel holds for the add-in's pages that open from now on; what is written here stays. */
  #takeSettings(values) {
    this.host.takeSettings(values);
    this.say("The settings hold for pages of ClickMeeting that open from now on.");
  }

  async #tried(act) {
    try {
      await act();
    } catch (error) {
      this.say(error.message, true);
    }
  }

  say(text, isError = false) {
    const line = element("message");
    line.textContent = text;
    line.classList.toggle("error", isError);
    line.hidden = !text;
  }

  #timesTyped(changed) {
    const { item } = this;
    const start = readWall(element("start-date").value, item.isAllDay ? "00:00" : element("start-time").value);
    let end = readWall(element("end-date").value, item.isAllDay ? "00:00" : element("end-time").value);
    if (!start || !end) {
      return;
    }
    if (item.isAllDay) {
      end = plusDays(end, 1);
    }
    const duration = item.end - item.start;
    const from = instantOf(start, item.iana);
    const wanted = instantOf(end, item.iana);
    // as in Outlook, moving the start takes the end along
    const to = changed.startsWith("start") ? this.#after(from, duration) : wanted;
    try {
      item.setTimes(from, to);
      this.say("");
    } catch (error) {
      this.say(error.code === 9010 ? "The end lies before the start." : error.message, true);
    }
  }

  #after(start, duration) {
    if (!this.item.isAllDay) {
      return start + duration;
    }
    return instantOf(plusDays(wallOf(start, this.item.iana), Math.round(duration / 86400000)), this.item.iana);
  }

  show() {
    const { item } = this;
    const start = wallOf(item.start, item.iana);
    const end = wallOf(item.isAllDay ? item.end - 1 : item.end, item.iana);
    put("subject", item.subject);
    put("location", item.location);
    put("start-date", dateText(start));
    put("end-date", dateText(end));
    put("start-time", timeText(start));
    put("end-time", timeText(end));
    put("zone", item.zone);
    element("all-day").checked = item.isAllDay;
    element("start-time").hidden = item.isAllDay;
    element("end-time").hidden = item.isAllDay;
    this.fields.forEach((field, index) => field.show(item.recipients[index]));
    element("series").textContent = this.host.seriesText() || "Does not repeat";
    element("repeat").textContent = item.recurrence ? "Change…" : "Repeat…";
    element("repeat").disabled = Boolean(item.seriesId);
    element("send-text").textContent = item.isSent ? "Send update" : "Send";
    element("delete").hidden = !item.id;
    document.title = `${item.subject || "New event"} – Outlook (sandbox)`;
    showNotifications(element("notifications"), item.notifications, {
      name: this.config.addInName,
      onAction: (one, action) => {
        this.host.notificationClicked(one, action);
        this.openPane();
      },
      onDismiss: (one) => item.setNotifications(item.notifications.filter((other) => other !== one)),
    });
  }

  openPane() {
    element("pane").hidden = false;
    element("pane-button").setAttribute("aria-pressed", "true");
    return this.host.openPane(element("pane-place"), this.config.paneUrl);
  }

  paneClosed() {
    element("pane").hidden = true;
    element("pane-button").setAttribute("aria-pressed", "false");
    element("pane-button").focus();
  }

  notified(page, action) {
    if (action === 15 || action === 13) {
      element("subject").focus();
    } else if (action === 14) {
      element("pane-close").focus();
    }
  }

  openWindow(url) {
    openAddress(url, (address) => {
      const link = document.createElement("a");
      Object.assign(link, { href: address, target: "_blank", rel: "noopener", textContent: address });
      this.say("The browser held a window back: ");
      element("message").append(link);
    });
  }

  async #store(send) {
    if (!this.fields.every((field) => field.commit())) {
      throw new Error("One of the names is not an address. Correct or remove it.");
    }
    const saved = await this.api.save(this.item.toState(this.body.state), send);
    this.item.saved(saved);
    return saved.id;
  }

  /** Save without sending; the item is on the calendar then. */
  async save() {
    try {
      const id = await this.#store(false);
      this.say("Saved.");
      return id;
    } catch (error) {
      this.say(error.message, true);
      throw error instanceof OfficeFault ? error : new OfficeFault(9021, error.message);
    }
  }

  async #ask(sentence, until) {
    const dialog = element("ask");
    element("ask-text").textContent = sentence;
    dialog.returnValue = "";
    dialog.showModal();
    const closed = new Promise((done) => dialog.addEventListener("close", done, { once: true }));
    const isChosen = await Promise.race([closed.then(() => true), ...(until ? [until.then(() => false)] : [])]);
    if (!isChosen) {
      dialog.close();
      return null;
    }
    return dialog.returnValue === "send";
  }

  async send() {
    if (!(await this.launch.beforeSend())) {
      return;
    }
    if (this.host.appendOnSend) {
      this.body.append(this.host.appendOnSend.data, this.host.appendOnSend.isHtml);
      this.host.appendOnSend = null;
    }
    element("send").disabled = true;
    try {
      await this.#store(true);
      this.leave("sent");
    } finally {
      element("send").disabled = false;
    }
  }

  async remove() {
    await this.api.remove(this.item.id, this.item.isSent, "");
    this.leave("deleted");
  }

  discard() {
    this.leave("discarded");
  }

  leave(done) {
    document.body.dataset.state = done;
    const query = new URLSearchParams({ done, date: dateText(wallOf(this.item.start, this.item.iana)) });
    if (this.config.owner) {
      query.set("owner", this.config.owner);
    }
    location.assign(`${mailboxPath(this.config.upn)}?${query}`);
  }
}

function put(id, value) {
  const field = element(id);
  if (field.value !== value) {
    field.value = value;
  }
}

const compose = new Compose(JSON.parse(element("config").textContent));
window.desk = makeDesk(compose);
compose.ready.then(() => {
  if (compose.config.opensPane) {
    compose.openPane();
  }
});
