/** Starts the pane: joins Outlook, server, sign-in and view; nothing else decides here. */

import { ServerClient } from "./api.ts";
import { readAppointment } from "./appointment.ts";
import { apiBase, readConfig } from "./config.ts";
import { Messages } from "./messages.ts";
import { CallQueue } from "./office/calls.ts";
import { displayLanguage, followTheme, keepUsualChoices, mailboxClock, mailboxWall, mailboxZone, usualChoices } from "./office/host.ts";
import { OutlookItem } from "./office/item.ts";
import { Pane, type Session } from "./pane.ts";
import { Scheduling } from "./scheduling.ts";
import { providers } from "./signin/providers.ts";
import { SignIn } from "./signin/source.ts";
import { keepTabInside } from "./view/keys.ts";
import { startTheme, takeTheme } from "./view/theme.ts";
import { PaneView } from "./view/pane.ts";
import { whenText } from "./when.ts";

function place(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page lacks #${id}`);
  return found;
}

async function start(): Promise<void> {
  startTheme();
  const inOutlook = await hostReady();
  const messages = await Messages.load(inOutlook ? displayLanguage() : navigator.language);
  document.documentElement.lang = messages.language;
  document.documentElement.dir = messages.direction;
  performance.mark("pane-ready"); // bench/pane.py measures from here to what is drawn
  if (inOutlook) await startPane(messages);
  else outside(messages);
}

/** Outside Outlook office.js is missing, or says host null. */
async function hostReady(): Promise<boolean> {
  if (typeof Office === "undefined") return false;
  const { host } = await Office.onReady();
  return host === Office.HostType.Outlook;
}

function outside(messages: Messages): void {
  const heading = document.createElement("h1");
  const text = document.createElement("p");
  heading.textContent = messages.say("outside.title");
  text.textContent = messages.say("outside.text");
  place("view").replaceChildren(heading, text);
  place("view").setAttribute("aria-busy", "false");
}

async function startPane(messages: Messages): Promise<void> {
  const config = readConfig(document);
  const queue = new CallQueue();
  const signIn = new SignIn(providers(config, location));
  const server = new ServerClient(apiBase(location), signIn, messages.locale);
  const pane: Pane = new Pane({
    messages,
    server,
    signIn,
    session: () => session(queue, server, messages, () => pane.appointmentChanged()),
    usual: usualChoices,
    keepUsual: (usual) => keepUsualChoices(queue, usual),
    consentUrl: config.consent_url || null,
    whenText: (timed) => whenText(timed, messages.formats, mailboxWall),
    newKey: () => crypto.randomUUID(),
    draw: (phase, editing, beside) => view.draw(phase, editing, beside),
    announce: (text) => view.announce(text),
  });
  const view = new PaneView(place("view"), place("status"), place("alert"), messages, pane.actions);
  followTheme(takeTheme);
  keepTabInside(document.body);
  followItem(() => void pane.open());
  await pane.open();
}

function session(queue: CallQueue, server: ServerClient, messages: Messages, changed: () => void): Session | "attendee" | "occurrence" {
  const item = OutlookItem.current(queue);
  if (item === null) return "attendee";
  if (item.isOccurrence) return "occurrence";
  const read = (): ReturnType<Session["read"]> => readAppointment(item, mailboxZone(), mailboxClock);
  const untitled = messages.say("untitled");
  const newKey = (): string => crypto.randomUUID();
  // an Outlook without these events only lacks the hint that something changed
  void item.watch(changed).catch(() => undefined);
  let owner: Promise<string | null> | null = null;
  const askOwner = (): Promise<string | null> => {
    owner ??= item.owner().catch((failure: unknown) => {
      owner = null; // an Outlook that did not answer is asked again
      throw failure;
    });
    return owner;
  };
  return { scheduling: new Scheduling({ item, server, read, newKey, untitled }), read, owner: askOwner, untitled };
}

/** A pane that stays open while another item is shown must not write into the wrong one. */
function followItem(switched: () => void): void {
  try {
    Office.context.mailbox.addHandlerAsync(Office.EventType.ItemChanged, switched);
  } catch {
    // before Mailbox 1.5: the pane closes with its item
  }
}

void start();
