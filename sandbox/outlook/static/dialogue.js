/** The recurrence dialogue: reads and shows a series as Outlook's own does; it does not touch the item. */

import { DAYS, MONTHS, faultOf, occurrences, rangeOf, sentence } from "./recurrence.js";
import { dateText, plusDays, readWall, wallOf, weekdayOf } from "./zones.js";

const WEEKS = ["first", "second", "third", "fourth", "last"];

export class RecurrenceDialogue {
  /** @param {HTMLDialogElement} dialog  @param {(recurrence: object | null) => void} onChosen may throw an Error */
  constructor(dialog, onChosen) {
    this.dialog = dialog;
    this.form = dialog.querySelector("form");
    this.error = dialog.querySelector(".error");
    this.onChosen = onChosen;
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#choose(this.read());
    });
    dialog.querySelector("[data-act=remove]").addEventListener("click", () => this.#choose(null));
    dialog.querySelector("[data-act=cancel]").addEventListener("click", () => dialog.close());
    this.form.addEventListener("input", () => this.#adapt());
  }

  field(name) {
    return this.form.elements.namedItem(name);
  }

  /** Open it for an item; a single one gets what Outlook offers first: weekly on its own day. */
  open(item) {
    this.item = item;
    const wall = wallOf(item.start, item.iana);
    const shown = item.recurrence ?? this.#offer(wall);
    const properties = shown.recurrenceProperties ?? {};
    const { start, end } = rangeOf(shown);
    this.field("type").value = shown.recurrenceType;
    this.field("interval").value = properties.interval ?? 1;
    const days = properties.days ?? [DAYS[weekdayOf(wall)]];
    for (const day of DAYS) {
      this.field(`day-${day}`).checked = days.includes(day);
    }
    this.field("by").value = properties.dayOfWeek ? "week" : "date";
    this.field("dayOfMonth").value = properties.dayOfMonth ?? wall.day;
    this.field("weekNumber").value = properties.weekNumber ?? WEEKS[Math.min(4, Math.ceil(wall.day / 7) - 1)];
    this.field("dayOfWeek").value = properties.dayOfWeek ?? DAYS[weekdayOf(wall)];
    this.field("month").value = properties.month ?? MONTHS[wall.month - 1];
    this.field("start").value = dateText(start);
    this.field("ends").value = end ? "date" : "never";
    this.field("end").value = dateText(end ?? plusDays(start, 90));
    this.dialog.querySelector("[data-act=remove]").hidden = !item.recurrence;
    this.error.textContent = "";
    this.#adapt();
    this.dialog.showModal();
  }

  #offer(wall) {
    const end = plusDays(wall, 90);
    return {
      recurrenceType: "weekly",
      recurrenceProperties: { interval: 1, days: [DAYS[weekdayOf(wall)]], firstDayOfWeek: "mon" },
      recurrenceTimeZone: { name: this.item.zone },
      seriesTimeJson: {
        startYear: wall.year, startMonth: wall.month, startDay: wall.day, endYear: end.year, endMonth: end.month,
        endDay: end.day, startTimeMin: wall.hour * 60 + wall.minute,
        durationMin: Math.round((this.item.end - this.item.start) / 60000),
      },
    };
  }

  #adapt() {
    const type = this.field("type").value;
    const byWeek = this.field("by").value === "week";
    const show = (name, isShown) => {
      for (const part of this.form.querySelectorAll(`[data-part~=${name}]`)) {
        part.hidden = !isShown;
      }
    };
    show("interval", type !== "weekday");
    show("days", type === "weekly");
    show("by", type === "monthly" || type === "yearly");
    show("date", (type === "monthly" || type === "yearly") && !byWeek);
    show("week", (type === "monthly" || type === "yearly") && byWeek);
    show("month", type === "yearly");
    show("end", this.field("ends").value === "date");
    show("count", this.field("ends").value === "count");
    this.#tellAhead();
  }

  /** The series in a sentence while it is being chosen; nothing where it is not complete. */
  #tellAhead() {
    const chosen = this.read();
    const isWhole = faultOf(chosen, new Set([this.item.zone])) === 0;
    this.dialog.querySelector(".series-told").textContent = isWhole ? sentence(chosen) : "";
  }

  /** The series as the form says it. */
  read() {
    const type = this.field("type").value;
    const wall = wallOf(this.item.start, this.item.iana);
    const start = readWall(this.field("start").value, "00:00") ?? wall;
    const series = {
      startYear: start.year, startMonth: start.month, startDay: start.day,
      startTimeMin: this.item.isAllDay ? 0 : wall.hour * 60 + wall.minute,
      durationMin: Math.round((this.item.end - this.item.start) / 60000),
    };
    const recurrence = {
      recurrenceType: type, recurrenceProperties: this.#properties(type),
      recurrenceTimeZone: { name: this.item.zone }, seriesTimeJson: { ...series, noEndDate: true },
    };
    const end = this.#end(recurrence);
    if (end) {
      recurrence.seriesTimeJson = { ...series, endYear: end.year, endMonth: end.month, endDay: end.day };
    }
    return recurrence;
  }

  /** Its last date, null for none; Office knows no numbered series, so a number becomes the date of the last one. */
  #end(endless) {
    const ends = this.field("ends").value;
    if (ends === "date") {
      return readWall(this.field("end").value, "00:00");
    }
    const count = Math.max(1, Number(this.field("count").value) || 1);
    return ends === "count" ? occurrences(endless, count).at(-1) ?? null : null;
  }

  #properties(type) {
    const interval = Number(this.field("interval").value) || 1;
    if (type === "weekday") {
      return { interval: 1, days: ["mon", "tue", "wed", "thu", "fri"], firstDayOfWeek: "mon" };
    }
    if (type === "daily") {
      return { interval };
    }
    if (type === "weekly") {
      const days = DAYS.filter((day) => this.field(`day-${day}`).checked);
      return { interval, days, firstDayOfWeek: "mon" };
    }
    const month = type === "yearly" ? { month: this.field("month").value } : {};
    if (this.field("by").value === "week") {
      return {
        interval, ...month, weekNumber: this.field("weekNumber").value, dayOfWeek: this.field("dayOfWeek").value,
      };
    }
    return { interval, ...month, dayOfMonth: Number(this.field("dayOfMonth").value) };
  }

  #choose(recurrence) {
    try {
      this.onChosen(recurrence);
      this.dialog.close();
    } catch (error) {
      this.error.textContent = REASONS[error.code] ?? error.message;
    }
  }
}

const REASONS = {
  9033: "One date of a series cannot be made a series of its own.",
  9034: "This pattern is not complete.",
  9035: "This series has no occurrence: the end lies before its first date.",
  9036: "This series has more than 999 occurrences. Let it end earlier.",
  9037: "This time zone is not known.",
};
