import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Aborted, ApiProblem, challengedClaims, ServerClient, Unreachable, type TokenSource } from "../src/api.ts";
import type { MeetingRequest } from "../src/contract.ts";
import { explain } from "../src/explain.ts";
import { Messages } from "../src/messages.ts";
import { SignIn, SignInNeeded, type Provider } from "../src/signin/source.ts";

class Tokens implements TokenSource {
  readonly asked: (string | undefined)[] = [];
  forgotten = 0;
  async token({ claims }: { claims?: string }): Promise<string> {
    this.asked.push(claims);
    return `token-${this.asked.length}`;
  }
  forget(): void {
    this.forgotten += 1;
  }
}

type Reply = Response | Error;
const json = (body: unknown, status = 200, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers: { "Content-Type": status < 400 ? "application/json" : "application/problem+json", ...headers } });

function client(replies: Reply[]): { server: ServerClient; tokens: Tokens; sent: { url: string; init: RequestInit }[]; waited: number[] } {
  const tokens = new Tokens();
  const sent: { url: string; init: RequestInit }[] = [];
  const waited: number[] = [];
  const fake = (async (url: string, init: RequestInit) => {
    sent.push({ url, init });
    const reply = replies.shift();
    if (reply === undefined) throw new Error("one call more than expected");
    if (reply instanceof Error) throw reply;
    return reply;
  }) as typeof fetch;
  const wait = async (milliseconds: number): Promise<void> => void waited.push(milliseconds);
  return { server: new ServerClient("https://x.example/api/v1", tokens, "fr-CA", { fetch: fake, wait }), tokens, sent, waited };
}

const REQUEST = { title: "Planning" } as MeetingRequest;
const header = (init: RequestInit, name: string): string | undefined => (init.headers as Record<string, string>)[name];

describe("the server's client", () => {
  test("sends token, language and key, and no cookies", async () => {
    const { server, sent } = client([json({ id: "m1" }, 201)]);
    assert.equal((await server.schedule(REQUEST, "key-1")).id, "m1");
    const { url, init } = sent[0]!;
    assert.equal(url, "https://x.example/api/v1/meetings");
    assert.equal(header(init, "Authorization"), "Bearer token-1");
    assert.equal(header(init, "Idempotency-Key"), "key-1");
    assert.equal(header(init, "Accept-Language"), "fr-CA");
    assert.equal(init.credentials, "omit");
  });

  test("a lost answer is asked for once more with the same key", async () => {
    const { server, sent } = client([new TypeError("network"), json({ id: "m1" }, 201)]);
    await server.schedule(REQUEST, "key-1");
    assert.deepEqual(sent.map(({ init }) => header(init, "Idempotency-Key")), ["key-1", "key-1"]);
  });

  test("no answer twice is unreachable", async () => {
    const { server } = client([new TypeError("network"), new TypeError("network")]);
    await assert.rejects(server.schedule(REQUEST, "key-1"), Unreachable);
  });

  test("waits for a press that is still under way", async () => {
    const busy = { status: 409, reason: "in-flight", retry_after: 2 };
    const { server, waited } = client([json(busy, 409), json(busy, 409), json({ id: "m1" }, 201)]);
    assert.equal((await server.schedule(REQUEST, "key-1")).id, "m1");
    assert.deepEqual(waited, [2000, 2000]);
  });

  test("answers a claims challenge once, with the claims", async () => {
    const claims = '{"access_token":{"nbf":{"value":"1"}}}';
    const challenge = { "WWW-Authenticate": `Bearer error="insufficient_claims", claims="${btoa(claims)}"` };
    const { server, tokens } = client([json({ status: 401 }, 401, challenge), json({ languages: [] })]);
    await server.options();
    assert.deepEqual(tokens.asked, [undefined, claims]);
    assert.equal(tokens.forgotten, 1);
  });

  test("a second 401 is an answer, not a loop", async () => {
    const { server, sent } = client([json({ status: 401 }, 401), json({ status: 401 }, 401)]);
    await assert.rejects(server.options(), (failure) => failure instanceof ApiProblem && failure.problem.status === 401);
    assert.equal(sent.length, 2);
  });

  test("a page instead of JSON is the server's failure, whatever its status says", async () => {
    for (const status of [200, 502]) {
      const { server } = client([new Response("<html>proxy</html>", { status, headers: { "Content-Type": "text/html" } })]);
      await assert.rejects(server.options(), (failure) => failure instanceof ApiProblem && failure.problem.status === 502);
    }
  });

  test("broken JSON under a JSON type is the server's failure", async () => {
    const { server } = client([new Response("{", { headers: { "Content-Type": "application/json" } })]);
    await assert.rejects(server.options(), ApiProblem);
  });

  test("removing what is gone is done", async () => {
    const { server } = client([json({ status: 404 }, 404)]);
    await server.remove("m1");
  });

  test("an aborted call is told apart from an unreachable server", async () => {
    const running = new AbortController();
    running.abort();
    const { server, sent } = client([]);
    await assert.rejects(server.options(null, running.signal), Aborted);
    assert.equal(sent.length, 0);
  });

  test("claims are read from the header only when they are base64", () => {
    assert.equal(challengedClaims('Bearer claims="e30="'), "{}");
    assert.equal(challengedClaims("Bearer"), undefined);
    assert.equal(challengedClaims(null), undefined);
  });
});

describe("explaining", () => {
  test("every refusal is one sentence that says what to do", async () => {
    const messages = await Messages.load("en");
    const said = (problem: Partial<ApiProblem["problem"]> & { status: number }): string => explain(new ApiProblem(problem), messages).text;
    assert.equal(said({ status: 422, detail: "The start lies in the past. Choose a time that is still to come." }), "The start lies in the past. Choose a time that is still to come.");
    assert.match(said({ status: 429, retry_after: 30 }), /30 seconds/);
    assert.match(said({ status: 503, retry_after: 600, detail: "ignored" }), /10 minutes/);
    assert.match(said({ status: 500 }), /few minutes/);
    assert.match(said({ status: 403 }), /administrator/);
    assert.match(said({ status: 409, reason: "permanence", detail: "x" }), /permanent room/);
    assert.match(explain(new Unreachable("x"), messages).text, /connection/);
    assert.match(explain(new Error("a fault of ours"), messages).text, /unexpected/);
  });

  test("the nearest possible series stands beside the refusal", async () => {
    const messages = await Messages.load("en");
    const notice = explain(new ApiProblem({ status: 422, detail: "No.", nearest_text: "every month on day 28", field: "recurrence" }), messages);
    assert.equal(notice.nearest, "Nearest series that is possible: every month on day 28");
    assert.equal(notice.field, "recurrence");
  });
});

describe("signing in", () => {
  const token = (expires: number): string => `x.${btoa(JSON.stringify({ exp: expires }))}.y`;
  const provider = (answers: (string | SignInNeeded)[], asked: boolean[] = []): Provider => ({
    name: "test",
    async token({ interactive }) {
      asked.push(interactive);
      const answer = answers.shift();
      if (answer === undefined) throw new Error("asked once more than expected");
      if (answer instanceof SignInNeeded) throw answer;
      return answer;
    },
  });

  test("a token is asked for once and kept until shortly before its end", async () => {
    let now = 0;
    const signIn = new SignIn([provider([token(3600), token(7200)])], () => now);
    assert.equal(await signIn.token({}), token(3600));
    assert.equal(await signIn.token({}), token(3600));
    now = 3_541_000;
    assert.equal(await signIn.token({}), token(7200));
  });

  test("calls at the same moment share one question", async () => {
    const signIn = new SignIn([provider([token(3600)])], () => 0);
    assert.deepEqual(await Promise.all([signIn.token({}), signIn.token({})]), [token(3600), token(3600)]);
  });

  test("goes on to the next way only where a way is not supported", async () => {
    const second = provider([token(3600)]);
    assert.equal(await new SignIn([provider([new SignInNeeded("unsupported")]), second], () => 0).token({}), token(3600));
    const refusing = new SignIn([provider([new SignInNeeded("cancelled")]), provider([token(1)])], () => 0);
    await assert.rejects(refusing.token({}), (failure) => failure instanceof SignInNeeded && failure.reason === "cancelled");
  });

  test("a window is allowed only when the person pressed", async () => {
    const asked: boolean[] = [];
    const signIn = new SignIn([provider([new SignInNeeded("interaction"), token(3600)], asked)], () => 0);
    await assert.rejects(signIn.token({}), SignInNeeded);
    await signIn.interactively();
    assert.deepEqual(asked, [false, true]);
    assert.equal(await signIn.token({}), token(3600));
  });

  test("claims are kept for the press that can meet them", async () => {
    const seen: (string | undefined)[] = [];
    const signIn = new SignIn([{ name: "t", async token({ claims, interactive }) {
      seen.push(claims);
      if (!interactive) throw new SignInNeeded("interaction");
      return token(3600);
    } }], () => 0);
    await assert.rejects(signIn.token({ claims: "{}" }), SignInNeeded);
    await signIn.interactively();
    assert.deepEqual(seen, ["{}", "{}"]);
  });
});
