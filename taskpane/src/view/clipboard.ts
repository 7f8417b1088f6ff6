/** Copying a text, also where the frame is not allowed the clipboard; it must not know what is copied. */

import type { Messages } from "../messages.ts";
import { button } from "./dom.ts";

/** Copies what `text` gives at the press, and tells how it went. */
export function copyButton(messages: Messages, text: () => string, announce: (sentence: string) => void, id: string): HTMLButtonElement {
  const press = (): void => void copyText(text()).then((done) => announce(messages.say(done ? "scheduled.copied" : "scheduled.copy.failed")));
  return button(messages.say("scheduled.copy"), press, "plain", id);
}

export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copySelection(text);
  }
}

/** The old way: a field out of sight, selected. The focus goes back to where it was. */
function copySelection(text: string): boolean {
  const before = document.activeElement;
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "spoken";
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  if (before instanceof HTMLElement) before.focus();
  return done;
}
