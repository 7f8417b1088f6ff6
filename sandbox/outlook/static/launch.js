/** Launch events: which functions of the add-in Outlook starts by itself, and what their end means for a send. */

const FUNCTIONS = {
  time: ["onAppointmentTimeChanged", "1.11"],
  recurrence: ["onAppointmentRecurrenceChanged", "1.11"],
  recipients: ["onAppointmentAttendeesChanged", "1.11"],
};
const NEW = ["onNewAppointment", "1.10"];
const SEND = ["onAppointmentSend", "1.12"];
const LONG_MS = 5000;
const SLOW = "ClickMeeting takes longer than expected to look at this event. You can wait, send it anyway or not send it.";
const UNSAID = "ClickMeeting asks to look at this event before it is sent.";

/** Starts handlers of one window; only those that the configuration lists, in the requirement sets that have them. */
export class LaunchEvents {
  /**
   * @param {import("./addin.js").AddInHost} host
   * @param {(sentence: string, until?: Promise<any>) => Promise<boolean | null>} ask whether to send anyway; null
   *   where `until` came first
   */
  constructor(host, { ask }) {
    this.host = host;
    this.ask = ask;
    this.running = 0;
    host.item.addEventListener("changed", ({ detail }) => {
      if (FUNCTIONS[detail.kind]) {
        this.#start(FUNCTIONS[detail.kind], this.#about(detail));
      }
    });
  }

  opened() {
    if (!this.host.item.id) {
      this.#start(NEW, {});
    }
  }

  /** Whether the send may go on. A handler that fails never holds it; one that is slow, only if the person waits. */
  async beforeSend() {
    if (!this.#listed(SEND)) {
      return true;
    }
    let timer;
    const slow = new Promise((done) => {
      timer = setTimeout(() => done("slow"), LONG_MS);
    });
    const checked = this.host.runHandler(SEND[0]).then(({ event }) => event?.completedContext, () => null);
    try {
      const first = await Promise.race([checked, slow]);
      if (first === "slow") {
        const chosen = await this.ask(SLOW, checked);
        if (chosen !== null) {
          return chosen;
        }
      }
      const answer = await checked;
      return answer?.allowEvent === false ? await this.ask(answer.errorMessage ?? UNSAID) : true;
    } finally {
      clearTimeout(timer);
    }
  }

  #listed([name, set]) {
    const { launchEvents, requirementSet } = this.host.config;
    return launchEvents.includes(name) && atLeast(requirementSet, set);
  }

  async #start(entry, eventData) {
    if (!this.#listed(entry)) {
      return;
    }
    this.running += 1;
    try {
      await this.host.runHandler(entry[0], eventData);
    } catch {
      // Outlook shows nothing when a handler fails; the add-in may not depend on it
    } finally {
      this.running -= 1;
    }
  }

  #about({ kind, field }) {
    const { item } = this.host;
    if (kind === "time") {
      const [start, end] = [item.start, item.end].map((time) => new Date(time).toISOString());
      return { type: "olkAppointmentTimeChanged", start, end };
    }
    if (kind === "recipients") {
      return { changedRecipientFields: { requiredAttendees: field === 0, optionalAttendees: field === 1 } };
    }
    return {};
  }
}

function atLeast(version, wanted) {
  const [major, minor] = version.split(".").map(Number);
  const [wantedMajor, wantedMinor] = wanted.split(".").map(Number);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}
