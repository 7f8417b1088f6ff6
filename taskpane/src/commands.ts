/**
 * The commands of the ribbon and of the phone: functions without a pane. Each completes its event exactly once whatever
 * happens, and tells how it ended in the item's notification bar where there is one.
 */

import { ApiProblem, ServerClient } from "./api.ts";
import { readAppointment } from "./appointment.ts";
import { initialChoices, newPassword, settled } from "./choices.ts";
import { apiBase, readConfig } from "./config.ts";
import { explain } from "./explain.ts";
import { joinLink } from "./joining.ts";
import { newKey } from "./keys.ts";
import { Messages } from "./messages.ts";
import { CallQueue, OfficeFailure } from "./office/calls.ts";
import { displayLanguage, mailboxClock, mailboxZone, usualChoices } from "./office/host.ts";
import { OutlookItem } from "./office/item.ts";
import { notify } from "./office/notices.ts";
import { openInBrowser, receivedText } from "./office/reading.ts";
import { Patience } from "./patience.ts";
import { HalfDone, Scheduling } from "./scheduling.ts";
import { providers } from "./signin/providers.ts";
import { SignIn, SignInNeeded } from "./signin/source.ts";

/** Outlook ends a phone's command after 60 s; the room may need most of it. */
const COMMAND_LIMIT_MS = 55_000;
const MESSAGES_LIMIT_MS = 2_000;

let signIn: SignIn | null = null;

/** One for all commands of this page, so that one token serves them. */
function pageSignIn(): SignIn {
  signIn ??= new SignIn(providers(readConfig(document), location));
  return signIn;
}

interface Ending {
  /** Null: what was asked for speaks for itself. */
  readonly text: string | null;
  readonly done: boolean;
}

/** What a command has at hand while it runs. */
interface Run {
  readonly queue: CallQueue;
  readonly messages: Messages;
  readonly signal: AbortSignal;
  readonly patience: Patience;
}

type Work = (run: Run) => Promise<Ending>;

async function command(event: Office.AddinCommands.Event, work: Work, working: "command.working" | null = null): Promise<void> {
  let ending: Ending = { text: null, done: false };
  try {
    ending = await worked(work, working);
  } finally {
    event.completed({ allowEvent: ending.done });
  }
}

async function worked(work: Work, working: "command.working" | null): Promise<Ending> {
  const queue = new CallQueue();
  const messages = await messagesInTime(displayLanguage());
  if (working !== null) await notify(queue, messages.say(working), "progress");
  const running = new AbortController();
  const ending = await new Promise<Ending>((resolve) => {
    const patience = new Patience(COMMAND_LIMIT_MS, () => {
      running.abort();
      resolve({ text: messages.say("command.late"), done: false });
    });
    const run: Run = { queue, messages, signal: running.signal, patience };
    void work(run)
      .catch((failure: unknown) => failed(failure, messages))
      .then((end) => {
        patience.end();
        resolve(end);
      });
  });
  if (ending.text !== null) await notify(queue, ending.text, ending.done ? "done" : "error");
  return ending;
}

/** A catalogue that does not come holds no event up: its sentences are there in English. */
function messagesInTime(language: string): Promise<Messages> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(Messages.english()), MESSAGES_LIMIT_MS);
    void Messages.load(language)
      .catch(() => Messages.english())
      .then((messages) => {
        clearTimeout(timer);
        resolve(messages);
      });
  });
}

/** The person's usual choices, no questions; a second press only puts right what is missing. */
export function addClickMeeting(event: Office.AddinCommands.Event): Promise<void> {
  return command(event, add, "command.working");
}

/** Into the room of the appointment that is being read. */
export function joinClickMeeting(event: Office.AddinCommands.Event): Promise<void> {
  return command(event, join);
}

/** The list of numbers to call, with the reader's country at hand. */
export function showNumbers(event: Office.AddinCommands.Event): Promise<void> {
  return command(event, async ({ messages }) => opened(new URL("../numbers", location.href).href, messages));
}

async function add(run: Run): Promise<Ending> {
  try {
    return await added(run);
  } catch (failure) {
    // a press may show a window, once; phones have no pane to sign in from
    if (!(failure instanceof SignInNeeded) || failure.reason !== "interaction") throw failure;
    await run.patience.without(pageSignIn().interactively());
    return added(run);
  }
}

async function added({ queue, messages, signal }: Run): Promise<Ending> {
  const item = OutlookItem.current(queue);
  if (item === null) return { text: messages.say("attendee.text"), done: false };
  if (item.isOccurrence) return { text: messages.say("occurrence.text"), done: false };
  const server = new ServerClient(apiBase(location), pageSignIn(), messages.locale);
  const scheduling = new Scheduling({
    item,
    server,
    read: () => readAppointment(item, mailboxZone(), mailboxClock),
    newKey,
    untitled: messages.say("untitled"),
  });
  const remembered = await scheduling.open(signal);
  if (remembered.state === "scheduled") {
    if (!remembered.inBody) await scheduling.writeAgain(remembered.meeting);
    return { text: messages.say("command.already"), done: true };
  }
  if (remembered.state === "gone") await scheduling.clean(remembered.id);
  const options = await server.options(await item.owner(), signal);
  const choices = settled(initialChoices(options, usualChoices(), messages.language, newPassword));
  const { notes } = await scheduling.schedule(choices, () => undefined, signal);
  return { text: messages.say(notes.includes("already") ? "command.already" : "command.done"), done: true };
}

async function join({ queue, messages }: Run): Promise<Ending> {
  let text: string | null;
  try {
    text = await receivedText(queue);
  } catch (failure) {
    if (failure instanceof OfficeFailure) return { text: messages.say("join.unread"), done: false };
    throw failure;
  }
  const link = text === null ? null : joinLink(text, { own: location.origin, rooms: readConfig(document).room_addresses });
  return link === null ? { text: messages.say("join.none"), done: false } : opened(link, messages);
}

function opened(address: string, messages: Messages): Ending {
  try {
    openInBrowser(address);
    return { text: null, done: true };
  } catch {
    return { text: messages.say("join.blocked"), done: false };
  }
}

function failed(failure: unknown, messages: Messages): Ending {
  if (failure instanceof SignInNeeded) return { text: signInText(failure, messages), done: false };
  if (failure instanceof HalfDone) return { text: messages.say("command.unwritten"), done: false };
  if (failure instanceof ApiProblem && failure.problem.status === 401) return { text: messages.say("command.signin"), done: false };
  if (failure instanceof ApiProblem && failure.problem.reason === "consent") return { text: messages.say("command.consent"), done: false };
  return { text: explain(failure, messages).text, done: false };
}

function signInText({ reason, detail }: SignInNeeded, messages: Messages): string {
  switch (reason) {
    case "cancelled":
      return messages.say("command.cancelled");
    case "consent":
      return messages.say("command.consent");
    case "unsupported":
      return messages.say("signin.unsupported");
    case "failed":
      return messages.say("signin.failed", { detail: String(detail) });
    default:
      return messages.say("command.signin");
  }
}

// the event handlers on this page sign in as the commands do; silently, since nobody pressed anything
globalThis.clickmeetingToken = () => pageSignIn().token({});

const COMMANDS = { addClickMeeting, joinClickMeeting, showNumbers };

void Office.onReady(() => {
  for (const [name, run] of Object.entries(COMMANDS)) Office.actions.associate(name, (event: Office.AddinCommands.Event) => void run(event));
});
