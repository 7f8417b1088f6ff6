/** The form of choices; it must not know the server, Outlook or what pressing leads to. */

import { newPassword, PASSWORD, settled } from "../choices.ts";
import type { Access, Choices, Kind, Options, TokenDelivery } from "../contract.ts";
import type { MessageKey, Messages } from "../messages.ts";
import { button, element, moveFocus } from "./dom.ts";

interface Field {
  readonly box: HTMLElement;
  readonly control: HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement | HTMLFieldSetElement;
}

/** `fixed`: a meeting exists, so permanence can no longer be chosen (R8). */
export class ChoicesForm {
  readonly element: HTMLElement;
  private choices: Choices;
  private readonly fields = new Map<string, Field>();
  private series = false;

  constructor(
    private readonly messages: Messages,
    private readonly options: Options,
    initial: Choices,
    private readonly fixed: boolean,
    private readonly changed: () => void,
  ) {
    this.choices = initial;
    this.element = element("div", { class: "form", role: "group", "aria-label": messages.say("form.label") }, ...this.parts());
    this.refresh();
  }

  /** As they are to be sent: only a series can have rooms for its dates, and then no permanent one. */
  values(): Choices {
    const room_per_date = this.series && this.choices.room_per_date;
    return settled({ ...this.choices, room_per_date, permanent: this.choices.permanent && !room_per_date });
  }

  /** The first wrong field's message and focus on it, or null. */
  check(): string | null {
    this.clearErrors();
    if (this.choices.access !== "password" || PASSWORD.test(this.choices.password ?? "")) return null;
    return this.complain("password", this.messages.say("password.bad"));
  }

  /** Shows the sentence at its field; null where we have no such field. */
  complain(name: string, text: string): string | null {
    const field = this.fields.get(name);
    if (field === undefined) return null;
    const error = element("p", { class: "error", id: `${name}-error` }, text);
    if (field.control.parentElement === field.box) field.control.after(error);
    else field.box.append(error);
    field.control.setAttribute("aria-invalid", "true");
    describe(field.control, `${name}-error`);
    moveFocus(field.control);
    return text;
  }

  /** Whether the appointment repeats: permanence and registration mean something else then. */
  setSeries(series: boolean): void {
    if (this.series === series) return;
    this.series = series;
    this.refresh();
  }

  private parts(): readonly HTMLElement[] {
    const say = this.messages.say.bind(this.messages);
    const advanced = element("div", { id: "advanced", class: "advanced", hidden: true });
    advanced.append(this.permanent(), this.roomPerDate(), this.checkbox("registration", say("registration.label")));
    advanced.append(this.text("lobby_message", say("lobby.label"), 255), this.text("agenda", say("agenda.label"), 2000));
    return [
      this.radios("kind", say("kind.legend"), this.options.kinds.map((kind): [Kind, string] => [kind, say(`kind.${kind}`)])),
      this.radios("access", say("access.legend"), this.options.access_types.map((access): [Access, string] => [access, say(`access.${access}`)])),
      this.password(),
      this.delivery(),
      this.dialIn(),
      this.select("language", say("language.label"), this.options.languages.map((code): [string, string] => [code, this.messages.languageName(code)])),
      disclosure(say("advanced"), advanced),
      advanced,
    ];
  }

  private radios<T extends string>(name: "kind" | "access", legend: string, items: readonly (readonly [T, string])[]): HTMLElement {
    const set = element("fieldset", { class: `field ${items.length === 2 ? "beside" : ""}` }, element("legend", {}, legend));
    for (const [value, label] of items) {
      const input = element("input", { type: "radio", name, value, id: `${name}-${value}`, onchange: () => this.take({ [name]: value }) });
      input.checked = this.choices[name] === value;
      set.append(element("label", { class: "choice" }, input, element("span", {}, label)));
    }
    return this.add(name, set, set);
  }

  private select(name: "language" | "token_delivery", label: string, items: readonly (readonly [string, string])[]): HTMLElement {
    const control = element("select", { id: name, onchange: () => this.take({ [name]: control.value }) });
    for (const [value, text] of items) control.append(element("option", { value }, text));
    control.value = this.choices[name];
    return this.add(name, element("div", { class: "field" }, element("label", { for: name }, label), control), control);
  }

  private checkbox(name: "registration" | "permanent" | "room_per_date", label: string): HTMLElement {
    const control = element("input", { type: "checkbox", id: name, onchange: () => this.take({ [name]: control.checked }) });
    control.checked = this.choices[name];
    return this.add(name, element("div", { class: "field" }, element("label", { class: "choice" }, control, element("span", {}, label))), control);
  }

  private text(name: "lobby_message" | "agenda", label: string, longest: number): HTMLElement {
    const control = element("textarea", { id: name, rows: 3, maxlength: longest, oninput: () => this.take({ [name]: control.value }) });
    control.value = this.choices[name];
    return this.add(name, element("div", { class: "field" }, element("label", { for: name }, label), control), control);
  }

  private permanent(): HTMLElement {
    const box = this.checkbox("permanent", this.messages.say("permanent.label"));
    box.append(element("p", { class: "note", id: "permanent-note" }));
    box.querySelector("input")?.setAttribute("aria-describedby", "permanent-note");
    return box;
  }

  /** Asked for a series alone; R17 is told where it begins to matter. */
  private roomPerDate(): HTMLElement {
    const box = this.checkbox("room_per_date", this.messages.say("room_per_date.label"));
    box.append(element("p", { class: "note", id: "room_per_date-note" }, this.messages.say("room_per_date.note")));
    box.querySelector("input")?.setAttribute("aria-describedby", "room_per_date-note");
    return box;
  }

  private password(): HTMLElement {
    const say = this.messages.say.bind(this.messages);
    const control = element("input", {
      type: "text", id: "password", autocomplete: "off", autocapitalize: "none", spellcheck: "false", maxlength: 20,
      "aria-describedby": "password-note", oninput: () => this.take({ password: control.value }),
    });
    const another = button(say("password.new"), () => {
      control.value = newPassword();
      this.take({ password: control.value });
    }, "quiet");
    control.value = this.choices.password ?? "";
    const label = element("label", { for: "password" }, say("password.label"));
    return this.add("password", element("div", { class: "field" }, label, control, element("p", { class: "note", id: "password-note" }, say("password.note")), another), control);
  }

  private delivery(): HTMLElement {
    const say = this.messages.say.bind(this.messages);
    const box = this.select("token_delivery", say("delivery.label"), (["personal", "body"] as const).map((way: TokenDelivery) => [way, say(`delivery.${way}`)]));
    box.prepend(element("p", { class: "note" }, say("access.token.note")));
    box.append(element("p", { class: "note warning", id: "delivery-warning" }, say("delivery.warning")));
    return box;
  }

  private dialIn(): HTMLElement {
    const say = this.messages.say.bind(this.messages);
    const on = element("input", { type: "checkbox", id: "dial_in", onchange: () => this.take({ dial_in: { ...this.choices.dial_in, enabled: on.checked } }) });
    on.checked = this.choices.dial_in.enabled;
    const country = element("select", {
      id: "dial_in_country",
      onchange: () => this.take({ dial_in: { ...this.choices.dial_in, country: country.value || null } }),
    });
    country.append(element("option", { value: "" }, say("dialin.recommended")));
    const named = this.options.dial_in_countries.map(({ code, name }) => [code, this.messages.countryName(code, name)] as const);
    named.sort((one, other) => one[1].localeCompare(other[1], this.messages.locale));
    for (const [code, name] of named) country.append(element("option", { value: code }, name));
    country.value = this.choices.dial_in.country ?? "";
    const where = element("div", { class: "within", id: "dial_in_where" }, element("label", { for: "dial_in_country" }, say("dialin.country")), country);
    return this.add("dial_in", element("div", { class: "field" }, element("label", { class: "choice" }, on, element("span", {}, say("dialin.label"))), where), on);
  }

  /** Registers the field and, where policy has fixed it, says why. */
  private add(name: keyof Choices, box: HTMLElement, control: Field["control"]): HTMLElement {
    this.fields.set(name, { box, control });
    const reason = this.options.locks[name];
    if (reason === undefined) return box;
    for (const locked of box.querySelectorAll<HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement>("input, select, textarea, button")) locked.disabled = true;
    box.append(element("p", { class: "note locked", id: `${name}-lock` }, this.messages.say("lock.note", { reason })));
    describe(control, `${name}-lock`);
    return box;
  }

  private take(change: Partial<Choices>): void {
    this.choices = { ...this.choices, ...change };
    this.clearErrors();
    if (this.choices.access === "password" && this.choices.password === undefined) {
      this.choices = { ...this.choices, password: newPassword() };
      const control = this.fields.get("password")?.control;
      if (control instanceof HTMLInputElement) control.value = this.choices.password ?? "";
    }
    this.refresh();
    this.changed();
  }

  private refresh(): void {
    const { access, dial_in, token_delivery } = this.choices;
    this.show("password", access === "password");
    this.show("token_delivery", access === "token");
    toggle(this.element, "#delivery-warning", token_delivery === "body");
    toggle(this.element, "#dial_in_where", dial_in.enabled);
    this.show("room_per_date", this.series);
    this.refreshPermanence();
  }

  /** What makes a room permanent cannot be changed once there is one (R8); a series decides by its rooms for each date. */
  private refreshPermanence(): void {
    const eachDate = this.choices.registration || this.choices.room_per_date;
    const box = (name: "permanent" | "room_per_date" | "registration"): HTMLInputElement | null => this.element.querySelector(`#${name}`);
    const permanent = box("permanent");
    const note = this.element.querySelector<HTMLElement>("#permanent-note");
    if (permanent === null || note === null) return;
    permanent.disabled = this.fixed || this.series || "permanent" in this.options.locks;
    permanent.checked = this.series ? !eachDate : this.choices.permanent;
    note.textContent = this.messages.say(this.permanenceNote());
    for (const name of ["room_per_date", "registration"] as const) {
      const control = box(name);
      if (control !== null) control.disabled = (this.fixed && this.series) || name in this.options.locks;
    }
  }

  private permanenceNote(): MessageKey {
    if (this.fixed) return "permanent.fixed";
    if (!this.series) return "permanent.note";
    return this.choices.registration ? "registration.series" : this.choices.room_per_date ? "room_per_date.series" : "permanent.series";
  }

  private show(name: keyof Choices, visible: boolean): void {
    const box = this.fields.get(name)?.box;
    if (box !== undefined) box.hidden = !visible;
  }

  private clearErrors(): void {
    for (const { box, control } of this.fields.values()) {
      const errors = box.querySelectorAll("p.error");
      if (errors.length === 0) continue;
      for (const error of errors) error.remove();
      control.removeAttribute("aria-invalid");
      for (const error of errors) describe(control, error.id, false);
    }
  }
}

/** What else describes the control stays: its note, the reason of a lock. */
function describe(control: HTMLElement, id: string, by = true): void {
  const ids = (control.getAttribute("aria-describedby") ?? "").split(" ").filter((one) => one !== "" && one !== id);
  const all = by ? [...ids, id] : ids;
  if (all.length === 0) control.removeAttribute("aria-describedby");
  else control.setAttribute("aria-describedby", all.join(" "));
}

function toggle(root: HTMLElement, selector: string, visible: boolean): void {
  const found = root.querySelector<HTMLElement>(selector);
  if (found !== null) found.hidden = !visible;
}

/** A button, not <details>: office.js takes Tab over and skips <summary>. */
export function disclosure(label: string, content: HTMLElement, opened?: () => void): HTMLButtonElement {
  const press = (): void => {
    content.hidden = !content.hidden;
    control.setAttribute("aria-expanded", String(!content.hidden));
    if (!content.hidden) opened?.();
  };
  const control = element("button", { type: "button", class: "disclosure", id: `${content.id}-control`, "aria-expanded": String(!content.hidden), "aria-controls": content.id, onclick: press }, label);
  return control;
}
