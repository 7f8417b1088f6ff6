/** The compose form of a phone: few fields, and a switch that runs the add-in's online-meeting command. */

import { AddInHost } from "./addin.js";
import { Api, mailboxPath } from "./api.js";
import { BodyEditor } from "./body.js";
import { Faults, Log } from "./channel.js";
import { openAddress } from "./commands.js";
import { makeDesk } from "./desk.js";
import { PHONE } from "./forms.js";
import { Appointment } from "./item.js";
import { PeopleField } from "./people.js";
import { dateText, instantOf, readWall, timeText, wallOf } from "./zones.js";

const element = (id) => document.getElementById(id);

class PhoneCompose {
  constructor(config) {
    this.config = config;
    this.api = new Api(config.upn, config.owner);
    this.log = new Log();
    this.faults = new Faults(config.officeFaults);
    this.item = new Appointment(config.state, config.zones);
    this.body = new BodyEditor(element("body"));
    this.host = new AddInHost({
      config, item: this.item, body: this.body, api: this.api, log: this.log, faults: this.faults, actions: this,
      form: PHONE,
    });
    this.people = new PeopleField(element("required"), config.people, (people) => this.item.setRecipients(0, people));
    /** What the body and the place were before the meeting was switched on. */
    this.before = null;
    this.#listen();
    this.ready = this.body.ready.then(() => {
      this.body.load(config.state.body ?? "", config.state.bodyType ?? "html");
      this.show();
      document.body.dataset.state = "ready";
    });
  }

  #listen() {
    this.item.addEventListener("changed", () => this.show());
    element("subject").addEventListener("input", (event) => this.item.setSubject(event.target.value));
    element("location").addEventListener("input", (event) => this.item.setLocation(event.target.value));
    for (const id of ["start-date", "start-time", "end-time"]) {
      element(id).addEventListener("change", () => this.#timesTyped(id));
    }
    document.addEventListener("settings", ({ detail }) => this.host.takeSettings(detail));
    element("online").addEventListener("change", (event) => this.#switched(event.target.checked));
    element("send").addEventListener("click", () => this.send());
    element("discard").addEventListener("click", () => this.leave("discarded"));
  }

  #timesTyped(changed) {
    const { item } = this;
    const day = element("start-date").value;
    const start = readWall(day, element("start-time").value);
    const end = readWall(day, element("end-time").value);
    if (!start || !end) {
      return;
    }
    const from = instantOf(start, item.iana);
    const to = changed === "end-time" ? instantOf(end, item.iana) : from + (item.end - item.start);
    if (to < from) {
      this.say("The end lies before the start.", true);
      this.show();
    } else {
      item.setTimes(from, to);
      this.say("");
    }
  }

  /** On: the add-in's command, within a minute. Off: what it wrote is taken back here; the command is not called. */
  async #switched(isOn) {
    const online = element("online");
    if (!isOn) {
      this.#takeBack();
      this.say("The online meeting was taken out of this event.");
      return;
    }
    online.disabled = true;
    this.before = { body: this.body.html, location: this.item.location };
    this.say("Adding ClickMeeting…");
    try {
      const { status, event } = await this.host.runCommand(this.config.commands[0].function);
      const isAdded = status === 0 && event?.completedContext?.allowEvent !== false;
      online.checked = isAdded;
      this.say(isAdded ? "ClickMeeting was added." : "ClickMeeting could not be added. Try again.", !isAdded);
    } catch {
      online.checked = false;
      this.say("ClickMeeting did not answer in time. Try again.", true);
    } finally {
      online.disabled = false;
    }
  }

  #takeBack() {
    if (this.before) {
      this.body.set(this.before.body, true);
      this.item.setLocation(this.before.location);
      this.before = null;
    }
  }

  show() {
    const { item } = this;
    const start = wallOf(item.start, item.iana);
    put("subject", item.subject);
    put("location", item.location);
    put("start-date", dateText(start));
    put("start-time", timeText(start));
    put("end-time", timeText(wallOf(item.end, item.iana)));
    this.people.show(item.required);
  }

  say(text, isError = false) {
    const line = element("message");
    line.textContent = text;
    line.classList.toggle("error", isError);
    line.hidden = !text;
  }

  openWindow(url) {
    openAddress(url, (address) => this.say(`The browser held a window back: ${address}`));
  }

  /** Phones have no pane here; a command that asks for one gets none. */
  openPane() {
    throw new Error("phones show no pane in appointments");
  }

  paneClosed() {}

  async save() {
    const saved = await this.api.save(this.item.toState(this.body.state), false);
    this.item.saved(saved);
    return saved.id;
  }

  async send() {
    if (!this.people.commit()) {
      this.say("One of the names is not an address. Correct or remove it.", true);
      return;
    }
    element("send").disabled = true;
    try {
      await this.api.save(this.item.toState(this.body.state), true);
      this.leave("sent");
    } catch (error) {
      this.say(error.message, true);
    } finally {
      element("send").disabled = false;
    }
  }

  discard() {
    this.leave("discarded");
  }

  leave(done) {
    document.body.dataset.state = done;
    const query = new URLSearchParams({ done, date: dateText(wallOf(this.item.start, this.item.iana)) });
    location.assign(`${mailboxPath(this.config.upn)}?${query}`);
  }
}

function put(id, value) {
  const field = element(id);
  if (field.value !== value) {
    field.value = value;
  }
}

window.desk = makeDesk(new PhoneCompose(JSON.parse(element("config").textContent)));
