import assert from "node:assert/strict";
import { beforeEach, describe, mock, test } from "node:test";
import { Unreachable } from "../src/api.ts";
import { dialogProvider, readMessage, showDialog, type DialogMessage } from "../src/signin/dialog.ts";
import { SignIn, SignInNeeded, type Provider } from "../src/signin/source.ts";

const PRESSED = { claims: undefined, interactive: true };
const SILENT = { claims: undefined, interactive: false };

interface Sent {
  readonly path: string;
  readonly body: Record<string, string>;
}

/** A server with one answer for each call in order, and a window that says what it is told to. */
class Surroundings {
  readonly sent: Sent[] = [];
  readonly shown: URL[] = [];
  answers: (object | number | "down")[] = [];
  message: DialogMessage | SignInNeeded = { code: "transit" };
  readonly provider = dialogProvider("https://addin.example/auth/dialog", {
    fetch: async (input, init) => {
      this.sent.push({ path: new URL(String(input)).pathname, body: JSON.parse(String(init?.body)) as Record<string, string> });
      const answer = this.answers.shift();
      if (answer === "down") throw new TypeError("failed to fetch");
      return typeof answer === "number" ? new Response(null, { status: answer }) : Response.json(answer ?? {});
    },
    show: async (address) => {
      this.shown.push(new URL(address));
      if (this.message instanceof SignInNeeded) throw this.message;
      return this.message;
    },
    hint: () => "organiser@contoso.example",
  });
}

const granted = (number: number): object => ({ access_token: `token-${number}`, renewal: `handle-${number}`, expires_at: "x" });
const needs = (reason: string) => (failure: unknown): boolean => failure instanceof SignInNeeded && failure.reason === reason;

describe("sign-in through the dialogue", () => {
  let around: Surroundings;
  beforeEach(() => {
    around = new Surroundings();
  });

  test("no window opens unless the person pressed", async () => {
    await assert.rejects(around.provider.token(SILENT), needs("interaction"));
    assert.deepEqual(around.shown, []);
  });

  test("the code is redeemed with the secret whose challenge began the sign-in", async () => {
    around.answers = [granted(1)];
    assert.equal(await around.provider.token({ ...PRESSED, claims: "{}" }), "token-1");
    const [address] = around.shown;
    assert.deepEqual([address?.searchParams.get("hint"), address?.searchParams.get("claims")], ["organiser@contoso.example", "{}"]);
    const { path, body } = around.sent[0]!;
    assert.equal(path, "/auth/dialog/redeem");
    const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(body["verifier"])));
    assert.equal(Buffer.from(bytes).toString("base64url"), address?.searchParams.get("challenge"));
    assert.equal(body["code"], "transit");
  });

  test("renews silently with a handle that changes each time", async () => {
    around.answers = [granted(1), granted(2), granted(3)];
    await around.provider.token(PRESSED);
    assert.deepEqual([await around.provider.token(SILENT), await around.provider.token(SILENT)], ["token-2", "token-3"]);
    assert.deepEqual(around.sent.slice(1).map(({ body }) => body["renewal"]), ["handle-1", "handle-2"]);
    assert.equal(around.shown.length, 1);
  });

  test("a handle that is over asks the person, once", async () => {
    around.answers = [granted(1), 401, granted(2)];
    await around.provider.token(PRESSED);
    await assert.rejects(around.provider.token(SILENT), needs("interaction"));
    assert.equal(await around.provider.token(PRESSED), "token-2");
    assert.deepEqual(around.sent.map(({ path }) => path), ["/auth/dialog/redeem", "/auth/dialog/renew", "/auth/dialog/redeem"]);
  });

  for (const fault of ["down", 500, 503, 429] as const) {
    test(`a renewal that meets ${fault} keeps the handle and is no sign-out`, async () => {
      around.answers = [granted(1), fault, granted(2)];
      await around.provider.token(PRESSED);
      await assert.rejects(around.provider.token(SILENT), Unreachable);
      assert.equal(await around.provider.token(SILENT), "token-2");
    });
  }

  for (const [reason, told] of [["cancelled", "cancelled"], ["consent", "consent"], ["tenant", "unsupported"], ["mismatch", "failed"], ["", "failed"]] as const) {
    test(`an ending for the reason "${reason}" is told as ${told}`, async () => {
      around.message = { reason };
      await assert.rejects(around.provider.token(PRESSED), needs(told));
      assert.deepEqual(around.sent, []);
    });
  }

  test("a code that the server does not take is a failure, not a loop", async () => {
    around.answers = [401];
    await assert.rejects(around.provider.token(PRESSED), needs("failed"));
    assert.equal(around.shown.length, 1);
  });
});

describe("messages from the dialogue", () => {
  const say = (message: unknown, origin?: string): unknown => readMessage({ message: JSON.stringify(message), origin });
  Object.assign(globalThis, { location: { origin: "https://addin.example" } });

  test("only what our own page says counts", () => {
    assert.deepEqual(say({ clickmeeting: { code: "c" } }, "https://addin.example"), { code: "c" });
    assert.deepEqual(say({ clickmeeting: { code: "c" } }), { code: "c" });
    assert.equal(say({ clickmeeting: { code: "c" } }, "https://elsewhere.example"), null);
    for (const odd of [null, 1, "text", {}, { clickmeeting: null }, { clickmeeting: "x" }]) assert.equal(say(odd), null);
    assert.equal(readMessage({ message: "{", origin: "https://addin.example" }), null);
    assert.equal(readMessage({ error: 12006 }), null);
  });
});

type Handler = (event: object) => void;

/** The part of Office.context.ui that is used, played by hand. */
function outlook(opening: { status: string; error?: { code: number } } | "throws" | "never"): { say: Handler; event: Handler; closed: () => number } {
  const handlers = new Map<string, Handler>();
  let closed = 0;
  const dialog = { addEventHandler: (name: string, handler: Handler) => void handlers.set(name, handler), close: () => void (closed += 1) };
  const ui = {
    displayDialogAsync: (_address: string, _options: object, done: (result: object) => void) => {
      if (opening === "throws") throw new TypeError("not a function");
      if (opening !== "never") done({ value: dialog, ...opening });
    },
  };
  Object.assign(globalThis, { Office: { EventType: { DialogMessageReceived: "message", DialogEventReceived: "event" }, context: { ui } } });
  return { say: (event) => handlers.get("message")?.(event), event: (event) => handlers.get("event")?.(event), closed: () => closed };
}

describe("Outlook's dialogue", () => {
  const message = { message: JSON.stringify({ clickmeeting: { code: "c" } }) };

  test("the window is closed with its message; what comes later is nothing", async () => {
    const host = outlook({ status: "succeeded" });
    const asked = showDialog("https://addin.example/auth/dialog/start");
    host.say(message);
    host.event({ error: 12006 });
    assert.deepEqual(await asked, { code: "c" });
    assert.equal(host.closed(), 1);
  });

  for (const [code, reason] of [[12006, "cancelled"], [12002, "failed"], [12003, "unsupported"]] as const) {
    test(`event ${code} is told as ${reason}`, async () => {
      const host = outlook({ status: "succeeded" });
      const asked = showDialog("https://addin.example/");
      host.event({ error: code });
      host.say(message);
      await assert.rejects(asked, needs(reason));
    });
  }

  for (const [code, reason] of [[12004, "unsupported"], [12005, "unsupported"], [12007, "failed"], [12009, "cancelled"], [12011, "failed"]] as const) {
    test(`an opening refused with ${code} is told as ${reason}`, async () => {
      outlook({ status: "failed", error: { code } });
      await assert.rejects(showDialog("https://addin.example/"), needs(reason));
    });
  }

  for (const [opening, seconds, reason] of [["never", 60, "interaction"], [{ status: "succeeded" }, 300, "failed"]] as const) {
    test(`after ${seconds} s without ${opening === "never" ? "a window" : "a word from it"} nobody waits any longer`, async () => {
      mock.timers.enable({ apis: ["setTimeout"] });
      try {
        outlook(opening);
        const asked = showDialog("https://addin.example/");
        mock.timers.tick(seconds * 1_000 - 1);
        mock.timers.tick(1);
        await assert.rejects(asked, needs(reason));
      } finally {
        mock.timers.reset();
      }
    });
  }

  test("an Outlook without dialogues is not supported", async () => {
    outlook("throws");
    await assert.rejects(showDialog("https://addin.example/"), needs("unsupported"));
  });
});

describe("the order of the ways", () => {
  const way = (answer: string | SignInNeeded): Provider => ({
    name: "way",
    token: () => (answer instanceof SignInNeeded ? Promise.reject(answer) : Promise.resolve(answer)),
  });
  const asked = (...answers: (string | SignInNeeded)[]): Promise<string> => new SignIn(answers.map(way)).token({});
  const no = (reason: ConstructorParameters<typeof SignInNeeded>[0]): SignInNeeded => new SignInNeeded(reason);

  test("goes on past a way that fails or wants a press", async () => {
    assert.equal(await asked(no("unsupported"), no("failed"), no("interaction"), "token"), "token");
  });

  test("stops where a person or an administrator said no", async () => {
    await assert.rejects(asked(no("cancelled"), "token"), needs("cancelled"));
    await assert.rejects(asked(no("failed"), no("consent"), "token"), needs("consent"));
  });

  test("tells what a press can mend rather than what it cannot", async () => {
    await assert.rejects(asked(no("unsupported"), no("interaction"), no("failed")), needs("interaction"));
    await assert.rejects(asked(no("failed"), no("unsupported")), needs("failed"));
    await assert.rejects(asked(), needs("unsupported"));
  });

  test("claims that were still missing after a second 401 go with the next press", async () => {
    const claims: (string | undefined)[] = [];
    const signIn = new SignIn([{ name: "way", token: async (request) => (claims.push(request.claims), "opaque") }]);
    await signIn.token({ claims: "{}" });
    signIn.forget("{}");
    await signIn.interactively();
    assert.deepEqual(claims, ["{}", "{}"]);
  });
});
