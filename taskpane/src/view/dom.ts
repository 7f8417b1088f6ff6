/** Building elements without HTML strings, so nothing from outside can become markup. */

export type Child = Node | string | null;

type Attributes = Readonly<Record<string, string | boolean | number | null | ((event: globalThis.Event) => void)>>;

/** `on...` attributes are listeners, true is an attribute without value, false and null are left out. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null) made.setAttribute(name, String(value));
  }
  made.append(...children.filter((child): child is Node | string => child !== null));
  return made;
}

/** What there is of parts that may be left out. */
export function present(parts: readonly (HTMLElement | null)[]): readonly HTMLElement[] {
  return parts.filter((part): part is HTMLElement => part !== null);
}

/** `look`: primary is the one main action of a view, danger the one that cannot be undone, quiet has no frame. */
export function button(label: string, press: () => void, look: "primary" | "danger" | "plain" | "quiet" = "plain", id = ""): HTMLButtonElement {
  return element("button", { type: "button", class: `button ${look}`, onclick: press, ...(id === "" ? {} : { id }) }, label);
}

/** Only while the person is in the pane: whoever writes the appointment meanwhile keeps the cursor. */
export function moveFocus(to: HTMLElement | null | undefined): boolean {
  if (!document.hasFocus()) return false;
  to?.focus();
  return true;
}

/** Only https addresses become links; anything else stays text. */
export function link(label: string, url: string, className = ""): HTMLElement {
  if (!/^https:\/\//i.test(url)) return element("span", {}, label);
  return element("a", { href: url, target: "_blank", rel: "noopener noreferrer", class: className }, label);
}
