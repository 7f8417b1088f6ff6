/** The window in which an event is read and answered; the add-in finds Outlook's read form there. */

import { AddInHost } from "./addin.js";
import { Api, mailboxPath } from "./api.js";
import { Faults, Log } from "./channel.js";
import { listenToCommands, openAddress } from "./commands.js";
import { makeDesk } from "./desk.js";
import { READ } from "./forms.js";
import { Appointment } from "./item.js";
import { showNotifications } from "./notifications.js";
import { ReadBody } from "./read_body.js";
import { showBody } from "./reading.js";
import { sentence } from "./recurrence.js";

const element = (id) => document.getElementById(id);

class ReadWindow {
  constructor(config) {
    const { state } = config;
    this.config = config;
    this.api = new Api(config.upn, config.owner);
    this.log = new Log();
    this.faults = new Faults(config.officeFaults);
    this.item = new Appointment(state, config.zones);
    this.body = new ReadBody(state.body ?? "", state.bodyType);
    this.host = new AddInHost({
      config, item: this.item, body: this.body, api: this.api, log: this.log, faults: this.faults, actions: this,
      form: READ,
    });
    this.item.addEventListener("changed", () => this.#showNotifications());
    listenToCommands(this.host, (text, isError) => this.say(text, isError));
    for (const button of document.querySelectorAll("[data-answer]")) {
      button.addEventListener("click", () => this.#leave(() => this.#answer(button.dataset.answer), "answered"));
    }
    element("delete").addEventListener("click", () => this.#leave(() => this.api.remove(state.id, true, ""), "deleted"));
    document.addEventListener("settings", ({ detail }) => this.host.takeSettings(detail));
    element("pane-close").addEventListener("click", () => this.host.closePane());
    this.ready = Promise.resolve();
    this.#show();
  }

  #show() {
    const { state, language, zones, zone } = this.config;
    const style = state.isAllDay ? { dateStyle: "full" } : { dateStyle: "full", timeStyle: "short" };
    const format = new Intl.DateTimeFormat(language, { timeZone: zones[zone], ...style });
    element("when").lang = language;
    element("when").textContent = format.formatRange(state.start, state.isAllDay ? state.end - 1 : state.end);
    element("series").textContent = state.recurrence ? sentence(state.recurrence) : "One date of a series";
    element("series-line").hidden = !state.recurrence && !state.seriesId;
    showBody(element("reading"), state.bodyType === "text" ? "" : state.body, state.body, this.api);
  }

  #showNotifications() {
    const { item } = this;
    showNotifications(element("notifications"), item.notifications, {
      name: this.config.addInName,
      onAction: (one, action) => {
        this.host.notificationClicked(one, action);
        this.openPane();
      },
      onDismiss: (one) => item.setNotifications(item.notifications.filter((other) => other !== one)),
    });
  }

  #answer(answer) {
    return this.api.respond(this.item.id, answer);
  }

  async #leave(act, done) {
    try {
      await act();
      document.body.dataset.state = done;
      location.assign(`${mailboxPath(this.config.upn)}?done=${done}`);
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

  openPane() {
    element("pane").hidden = false;
    return this.host.openPane(element("pane-place"), this.config.paneUrl);
  }

  paneClosed() {
    element("pane").hidden = true;
  }

  notified(page, action) {
    if (action === 15 || action === 13 || action === 14) {
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

  /** Custom properties of a reader are kept at once, in the reader's own copy. */
  async keepProperties() {
    await this.api.save({ ...this.item.toState({ ...this.body.state, data: null }), body: null }, false);
  }
}

const opened = new ReadWindow(JSON.parse(element("config").textContent));
window.desk = makeDesk(opened);
document.body.dataset.state = "ready";
