/** Calls from the pages to /outlook/api; every refusal becomes an Error whose message can be shown. */

/** The address of a person's mailbox; "@" may stand in a path as it is. */
export function mailboxPath(upn) {
  return `/outlook/${encodeURIComponent(upn).replaceAll("%40", "@")}`;
}

export class Api {
  constructor(upn, owner) {
    this.root = `/outlook/api/${encodeURIComponent(upn)}`;
    this.owner = owner ?? upn;
  }

  async #call(method, path, body) {
    const answer = await fetch(`${this.root}${path}`, {
      method,
      headers: body === undefined ? {} : { "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const data = await answer.json().catch(() => null);
    if (!answer.ok) {
      throw new Error(data?.error ?? `The calendar answered ${answer.status}.`);
    }
    return data;
  }

  async token() {
    return (await this.#call("POST", "/token", {})).token;
  }

  /** `send` sends invitations or updates; gives the item's state as it is now. */
  save(state, send) {
    return this.#call("POST", "/save", { owner: this.owner, state, send });
  }

  event(id) {
    return this.#call("GET", `/events/${encodeURIComponent(id)}?owner=${encodeURIComponent(this.owner)}`);
  }

  events(from, to) {
    const query = new URLSearchParams({ owner: this.owner, start: from, end: to });
    return this.#call("GET", `/events?${query}`);
  }

  move(id, start, end) {
    return this.#call("POST", "/move", { owner: this.owner, id, start, end });
  }

  remove(id, send, comment) {
    return this.#call("POST", "/delete", { owner: this.owner, id, send, comment });
  }

  respond(id, answer) {
    return this.#call("POST", "/respond", { id, answer });
  }

  /** The body as another client shows it: {html} or {text}. */
  seen(html, client) {
    return this.#call("POST", "/seen", { html, client });
  }

  mails() {
    return this.#call("GET", "/mails");
  }

  saveSettings(settings) {
    return this.#call("PUT", "/settings", settings);
  }
}
