// Drives the sandbox with Microsoft's JavaScript client, unmodified, and prints what it saw as one JSON object.
// `node story.js HTTPS_ADDRESS_OF_THE_SANDBOX ADDRESS_OF_A_WEBHOOK` with the token in GRAPH_TOKEN and the authority in NODE_EXTRA_CA_CERTS.
import {
  BatchRequestContent,
  BatchResponseContent,
  Client,
  PageIterator,
} from "@microsoft/microsoft-graph-client";

const client = Client.initWithMiddleware({
  baseUrl: `${process.argv[2]}/graph/`,
  defaultVersion: "v1.0",
  customHosts: new Set(["localhost"]),
  authProvider: { getAccessToken: async () => process.env.GRAPH_TOKEN },
});

const at = (hour) => ({ dateTime: `2027-03-01T${hour}:00:00`, timeZone: "Europe/Warsaw" });
const seen = {};

for (const hour of [10, 11, 12]) {
  await client.api("/me/events").post({ subject: `At ${hour}`, start: at(hour), end: at(hour + 1) });
}

const subjects = [];
const first = await client
  .api("/me/events")
  .header("Prefer", 'outlook.timezone="Tokyo Standard Time"')
  .select("subject,start")
  .orderby("subject")
  .top(2)
  .get();
seen.zone = first.value[0].start.timeZone;
await new PageIterator(client, first, (event) => {
  subjects.push(event.subject);
  return true;
}).iterate();
seen.subjects = subjects;

const window = "startDateTime=2027-03-01T00:00:00Z&endDateTime=2027-04-01T00:00:00Z";
const round = await client.api(`/me/calendarView/delta?${window}`).get();
const pages = new PageIterator(client, round, () => true);
await pages.iterate();
await client.api(`/me/events/${round.value[0].id}`).patch({ subject: "Changed" });
const next = await client.api(pages.getDeltaLink()).get();
seen.delta = next.value.map((event) => event.subject);

const batch = new BatchRequestContent();
const part = (id, path, dependsOn) => ({
  id,
  dependsOn,
  request: new Request(`https://localhost${path}`, { method: "GET" }),
});
batch.addRequest(part("1", "/me"));
batch.addRequest(part("2", "/me/events?$top=1", ["1"]));
batch.addRequest(part("3", "/me/events/nonsense", ["2"]));
const answers = new BatchResponseContent(await client.api("/$batch").post(await batch.getContent()));
seen.batch = Object.fromEntries(["1", "2", "3"].map((id) => [id, answers.getResponseById(id).status]));

const master = await client.api("/me/events").post({
  subject: "Series",
  start: at(14),
  end: at(15),
  recurrence: {
    pattern: { type: "weekly", interval: 1, daysOfWeek: ["monday"], firstDayOfWeek: "monday" },
    range: { type: "numbered", startDate: "2027-03-01", numberOfOccurrences: 4 },
  },
});
const dates = () => client.api(`/me/events/${master.id}/instances?${window}`).get();
const [, second, third] = (await dates()).value;
await client.api(`/me/events/${second.id}`).patch({ subject: "Exception" });
await client.api(`/me/events/${third.id}`).delete();
seen.series = [master.type, (await dates()).value.map((event) => event.type)];

const made = await client.api("/subscriptions").post({
  changeType: "created,updated,deleted",
  notificationUrl: process.argv[3],
  lifecycleNotificationUrl: process.argv[3],
  resource: "me/events",
  expirationDateTime: new Date(Date.now() + 3600_000).toISOString(),
  clientState: "js-state",
});
const until = new Date(Date.now() + 7200_000).toISOString();
const renewed = await client.api(`/subscriptions/${made.id}`).patch({ expirationDateTime: until });
seen.renewed = renewed.expirationDateTime > made.expirationDateTime;
await client.api(`/me/events/${master.id}`).delete();
seen.subscriptions = (await client.api("/subscriptions").get()).value.length;
await client.api(`/subscriptions/${made.id}`).delete();
seen.left = (await client.api("/subscriptions").get()).value.length;

try {
  await client.api("/me/events").post({ subject: "No times", nonsense: true });
} catch (error) {
  seen.error = [error.statusCode, error.code, typeof error.requestId];
}

process.stdout.write(`${JSON.stringify(seen)}\n`);
