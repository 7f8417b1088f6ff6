/** A field of people: addresses as removable chips, with suggestions from the directory. */

import { face } from "./faces.js";

export class PeopleField {
  /**
   * @param {HTMLElement} field with an input and a list inside
   * @param {{upn: string, name: string}[]} directory
   * @param {(people: {address: string, name: string}[]) => void} onChange
   */
  constructor(field, directory, onChange) {
    this.chips = field.querySelector(".chips");
    this.input = field.querySelector("input");
    this.hint = field.querySelector(".hint");
    this.directory = directory;
    this.onChange = onChange;
    this.people = [];
    this.input.addEventListener("keydown", (event) => this.#key(event));
    this.input.addEventListener("change", () => this.commit());
    this.input.addEventListener("blur", () => this.commit());
    this.input.addEventListener("paste", (event) => this.#paste(event));
  }

  show(people) {
    this.people = people;
    this.chips.replaceChildren(...people.map((person) => this.#chip(person)));
  }

  /** Take what stands in the input as one or more people; what is no address stays there with a hint. */
  commit() {
    const words = this.input.value.split(/[;,\n]/).map((word) => word.trim()).filter(Boolean);
    if (words.length === 0) {
      this.hint.textContent = "";
      return true;
    }
    const found = [];
    const left = [];
    for (const word of words) {
      const person = this.#resolve(word);
      (person ? found : left).push(person ?? word);
    }
    this.input.value = left.join("; ");
    this.hint.textContent = left.length ? `“${left.join("”, “")}” is not an address.` : "";
    if (found.length) {
      this.onChange([...this.people, ...found]);
    }
    return left.length === 0;
  }

  #resolve(word) {
    const named = /^(.*?)\s*<([^<>\s]+@[^<>\s]+)>$/.exec(word);
    const address = named ? named[2] : word;
    const known = this.directory.find(
      ({ upn, name }) => upn.toLowerCase() === address.toLowerCase() || name.toLowerCase() === word.toLowerCase()
    );
    if (known) {
      return { address: known.upn, name: known.name };
    }
    return /^[^@\s]+@[^@\s]+$/.test(address) ? { address, name: named?.[1] || address } : null;
  }

  #key(event) {
    if (event.key === "Enter" || event.key === ";" || event.key === ",") {
      event.preventDefault();
      this.commit();
    } else if (event.key === "Backspace" && this.input.value === "" && this.people.length) {
      this.onChange(this.people.slice(0, -1));
    }
  }

  #paste(event) {
    const text = event.clipboardData?.getData("text") ?? "";
    if (/[;,\n]/.test(text)) {
      event.preventDefault();
      this.input.value += text;
      this.commit();
    }
  }

  #chip(person) {
    const chip = document.createElement("li");
    chip.className = "chip";
    const name = document.createElement("span");
    name.textContent = person.name;
    name.title = person.address;
    const remove = document.createElement("button");
    remove.type = "button";
    remove.textContent = "×";
    remove.setAttribute("aria-label", `Remove ${person.name}`);
    remove.addEventListener("click", () => {
      this.onChange(this.people.filter((one) => one.address !== person.address));
      this.input.focus();
    });
    chip.append(face(person.name, person.address, "small"), name, remove);
    return chip;
  }
}
