/** The page in the sign-in dialogue: goes on to the sign-in service, or tells the pane how it ended; it knows no token. */

import { Messages } from "./messages.ts";

/** What the server wrote into the page: where to go, or what to say to whom. */
interface Content {
  readonly next?: string;
  readonly message?: { readonly code?: string; readonly reason?: string };
  readonly origin?: string;
}

/** Without Office.js there is nobody to tell, but the sign-in itself needs none. */
const OFFICE_LIMIT_MS = 5_000;

function read(): Content {
  const text = document.querySelector<HTMLMetaElement>('meta[name="clickmeeting-dialog"]')?.content ?? "";
  try {
    return (JSON.parse(text) ?? {}) as Content;
  } catch {
    return {};
  }
}

function show(heading: string, text: string): void {
  document.getElementById("heading")?.replaceChildren(heading);
  document.getElementById("text")?.replaceChildren(text);
}

/** True once Office.js knows that it is in a dialogue: it keeps that for the pages that follow on this origin. */
function officeReady(): Promise<boolean> {
  if (typeof Office === "undefined") return Promise.resolve(false);
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), OFFICE_LIMIT_MS);
    void Office.onReady(({ host }) => {
      clearTimeout(timer);
      resolve(host !== null);
    });
  });
}

function tell(message: object, origin: string): void {
  const text = JSON.stringify({ clickmeeting: message });
  try {
    Office.context.ui.messageParent(text, { targetOrigin: origin });
  } catch {
    // before DialogOrigin 1.1: only a page of this very host can be the parent there
    Office.context.ui.messageParent(text);
  }
}

async function start(): Promise<void> {
  const { next, message, origin } = read();
  const [messages, inOffice] = await Promise.all([Messages.load(navigator.language), officeReady()]);
  document.documentElement.lang = messages.language;
  document.documentElement.dir = messages.direction;
  if (next !== undefined) {
    show(messages.say("dialog.going"), "");
    location.replace(next);
    return;
  }
  const done = message?.code !== undefined;
  show(messages.say(done ? "dialog.done" : "dialog.failed"), messages.say(done ? "dialog.done.text" : "dialog.failed.text"));
  if (inOffice && message !== undefined && origin !== undefined) tell(message, origin);
}

void start();
