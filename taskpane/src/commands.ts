/** The one-press command "addClickMeeting": the person's usual choices, no pane; it must not ask anything. */

import { ServerClient } from "./api.ts";
import { readAppointment } from "./appointment.ts";
import { initialChoices, newPassword, settled } from "./choices.ts";
import { apiBase, readConfig } from "./config.ts";
import { explain } from "./explain.ts";
import { Messages } from "./messages.ts";
import { CallQueue } from "./office/calls.ts";
import { displayLanguage, mailboxClock, mailboxZone, usualChoices } from "./office/host.ts";
import { OutlookItem, supports } from "./office/item.ts";
import { HalfDone, Scheduling } from "./scheduling.ts";
import { providers } from "./signin/providers.ts";
import { SignIn, SignInNeeded } from "./signin/source.ts";

/** Outlook ends a phone's command after 60 s; the room may need most of it. */
const COMMAND_LIMIT_MS = 55_000;
const NOTICE_KEY = "clickmeeting";
const NOTICE_LONGEST = 150;
/** Phones have no bar in appointments and may never answer. */
const NOTICE_LIMIT_MS = 3_000;

let signIn: SignIn | null = null;

/** One for all commands of this page, so that one token serves them. */
function pageSignIn(): SignIn {
  signIn ??= new SignIn(providers(readConfig(document)));
  return signIn;
}

interface Ending {
  readonly text: string;
  readonly done: boolean;
}

/** Runs once per press; `event.completed` is called exactly once whatever happens. */
export async function addClickMeeting(event: Office.AddinCommands.Event): Promise<void> {
  const queue = new CallQueue();
  const messages = await Messages.load(displayLanguage());
  const running = new AbortController();
  await notify(queue, messages.say("command.working"), "progress");
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<Ending>((resolve) => {
    timer = setTimeout(() => {
      running.abort();
      resolve({ text: messages.say("command.late"), done: false });
    }, COMMAND_LIMIT_MS);
  });
  const ending = await Promise.race([add(queue, messages, running.signal).catch((failure) => failed(failure, messages)), late]);
  clearTimeout(timer);
  await notify(queue, ending.text, ending.done ? "done" : "error");
  event.completed({ allowEvent: ending.done });
}

async function add(queue: CallQueue, messages: Messages, signal: AbortSignal): Promise<Ending> {
  const item = OutlookItem.current(queue);
  if (item === null) return { text: messages.say("attendee.text"), done: false };
  if (item.isOccurrence) return { text: messages.say("occurrence.text"), done: false };
  const server = new ServerClient(apiBase(location), pageSignIn(), messages.locale);
  const scheduling = new Scheduling({
    item,
    server,
    read: () => readAppointment(item, mailboxZone(), mailboxClock),
    newKey: () => crypto.randomUUID(),
    untitled: messages.say("untitled"),
  });
  const remembered = await scheduling.open(signal);
  if (remembered.state === "scheduled") {
    if (!remembered.inBody) await scheduling.writeAgain(remembered.meeting);
    return { text: messages.say("command.already"), done: true };
  }
  if (remembered.state === "gone") await scheduling.clean(remembered.id);
  const options = await server.options(signal);
  const choices = settled(initialChoices(options, usualChoices(), messages.language, newPassword));
  await scheduling.schedule(choices, () => undefined, signal);
  return { text: messages.say("command.done"), done: true };
}

function failed(failure: unknown, messages: Messages): Ending {
  if (failure instanceof SignInNeeded) return { text: messages.say("command.signin"), done: false };
  if (failure instanceof HalfDone) return { text: messages.say("unwritten.title"), done: false };
  return { text: explain(failure, messages).text, done: false };
}

/** Appointments on phones have no notification bar, and a full bar is no reason to fail. */
async function notify(queue: CallQueue, text: string, kind: "progress" | "done" | "error"): Promise<void> {
  const bar = (Office.context.mailbox.item as Partial<Pick<Office.AppointmentCompose, "notificationMessages">> | undefined)?.notificationMessages;
  if (bar === undefined || !supports("Mailbox", "1.3")) return;
  const message = text.length <= NOTICE_LONGEST ? text : `${text.slice(0, NOTICE_LONGEST - 1)}…`;
  const shown = details(kind, message);
  // some hosts refuse to replace what is not there yet
  await queue
    .run<void>("notificationMessages.replaceAsync", (done) => bar.replaceAsync(NOTICE_KEY, shown, done), NOTICE_LIMIT_MS)
    .catch(() => queue.run<void>("notificationMessages.addAsync", (done) => bar.addAsync(NOTICE_KEY, shown, done), NOTICE_LIMIT_MS))
    .catch(() => undefined);
}

function details(kind: "progress" | "done" | "error", message: string): Office.NotificationMessageDetails {
  const { InformationalMessage, ProgressIndicator, ErrorMessage } = Office.MailboxEnums.ItemNotificationMessageType;
  if (kind === "done") return { type: InformationalMessage, message, icon: "icon16", persistent: false };
  return { type: kind === "progress" ? ProgressIndicator : ErrorMessage, message };
}

// the event handlers on this page sign in as the command does; silently, since nobody pressed anything
globalThis.clickmeetingToken = () => pageSignIn().token({});

void Office.onReady(() => Office.actions.associate("addClickMeeting", (event: Office.AddinCommands.Event) => void addClickMeeting(event)));
