/**
 * One conversation with office.js in a frame: envelopes, answers, events and the faults asked for by a test.
 * It knows nothing of appointments; what a call means is decided by the handlers it is given.
 */

const INVOKE = 0;
const REGISTER = 1;
const UNREGISTER = 2;
const REQUEST = 0;
const RESPONSE = 1;
const FOR_CALLING = 0;
const FOR_EVENT = 1;
const HELD_AT_MOST_MS = 3000;

/** Result codes of the channel itself; with any but OK office.js treats the call as failed below the API. */
export const CHANNEL = { OK: 0, IN_REQUEST: -1, HANDLING: -2, IN_RESPONSE: -3, DENIED: -5, TIMED_OUT: -6 };

/** An error of the API: the pane sees `code` as `asyncResult.error.code`. */
export class OfficeFault extends Error {
  constructor(code, message = "") {
    super(message || `Office error ${code}`);
    this.code = code;
  }
}

/** What was seen on all channels of a window; a test ends by looking that nothing here is odd. */
export class Log {
  constructor() {
    this.calls = [];
    this.unknown = [];
    this.malformed = [];
    this.refused = [];
  }

  /** A call that this host does not know. On the console too, where it outlives the page. */
  addUnknown(entry) {
    this.unknown.push(entry);
    console.error(`outlook host: unknown call ${JSON.stringify(entry).slice(0, 500)}`);
  }

  /** A message that no office.js should send. */
  addMalformed(entry) {
    this.malformed.push(entry);
    console.error(`outlook host: malformed message ${JSON.stringify(entry).slice(0, 500)}`);
  }

  clear() {
    this.calls.length = 0;
    this.unknown.length = 0;
    this.malformed.length = 0;
    this.refused.length = 0;
  }
}

/** The faults ordered for calls of a dispatch id: for the next one of it, or for every one. */
export class Faults {
  /** @param {{dispatch: number, times?: number}[]} standing from the settings; without `times` they hold for ever */
  constructor(standing = []) {
    this.orders = new Map();
    this.stand(standing);
  }

  /** Replace what the settings ordered. */
  stand(standing) {
    this.standing = standing.map((rule) => ({ ...rule, left: rule.times ?? Infinity }));
  }

  /**
   * `fault` is {code}, {delay}, {drop: true}, {deny: true}, {channel: number} or {behind: true}, which holds the
   * answer back until another call was answered; several queue up.
   */
  order(dispatchId, fault) {
    const queue = this.orders.get(dispatchId) ?? [];
    queue.push(fault);
    this.orders.set(dispatchId, queue);
  }

  take(dispatchId) {
    const next = this.orders.get(dispatchId)?.shift();
    if (next) {
      return next;
    }
    const rule = this.standing.find((one) => one.left > 0 && one.dispatch === dispatchId);
    if (!rule) {
      return null;
    }
    rule.left -= 1;
    return rule;
  }

  clear() {
    this.orders.clear();
    this.standing = [];
  }
}

export class Channel {
  /**
   * @param {object} parts
   * @param {HTMLIFrameElement} parts.frame whose page speaks
   * @param {string} parts.origin of that page
   * @param {string} parts.conversation
   * @param {(name: string, data: any) => any} parts.onMethod answers everything but ExecuteMethod and executeMethod
   * @param {(dispatchId: number, data: any) => Promise<{data: any, raw?: boolean}>} parts.onDispatch
   * @param {(name: string, data: any) => void} parts.onRegister
   * @param {(name: string) => void} parts.onUnregister
   */
  constructor({ frame, origin, conversation, onMethod, onDispatch, onRegister, onUnregister, log, faults }) {
    this.frame = frame;
    this.origin = origin;
    this.conversation = conversation;
    this.onMethod = onMethod;
    this.onDispatch = onDispatch;
    this.onRegister = onRegister;
    this.onUnregister = onUnregister;
    this.log = log;
    this.faults = faults;
    this.registered = new Map();
    this.held = [];
    this.listener = (event) => this.#receive(event);
    window.addEventListener("message", this.listener);
  }

  close() {
    window.removeEventListener("message", this.listener);
  }

  isRegistered(eventName) {
    return this.registered.has(eventName);
  }

  /** Tell the page of an event, if it asked to be told. */
  emit(eventName, data) {
    if (!this.registered.has(eventName)) {
      return false;
    }
    this.#post({
      _messageType: RESPONSE, _responseType: FOR_EVENT, _actionName: eventName, _conversationId: this.conversation,
      _correlationId: -1, _origin: location.href, _errorCode: CHANNEL.OK, _data: data, _serializerVersion: 1,
    });
    return true;
  }

  /** Ask the page's own office.js for something (focus, blur, Tab in). */
  notify(action) {
    this.#post({
      _messageType: REQUEST, _actionType: INVOKE, _actionName: "Office_notifyAgave",
      _conversationId: `${this.conversation}_ntf`, _correlationId: 0, _origin: location.href, _data: [action],
      _serializerVersion: 1,
    });
  }

  #post(message) {
    this.frame.contentWindow?.postMessage(JSON.stringify(message), this.origin);
  }

  #receive(event) {
    if (event.source !== this.frame.contentWindow || event.source === null) {
      return;
    }
    const message = readEnvelope(event.data);
    if (message === null || event.origin !== this.origin) {
      this.log.addMalformed({ origin: event.origin, data: String(event.data).slice(0, 500) });
      return;
    }
    if (message._messageType === RESPONSE) {
      return; // the answer to a notify
    }
    if (message._conversationId !== this.conversation) {
      this.log.addMalformed({ conversation: message._conversationId, action: message._actionName });
      return;
    }
    this.#handle(message);
  }

  async #handle(message) {
    const answer = (errorCode, data) =>
      this.#post({
        _messageType: RESPONSE, _responseType: FOR_CALLING, _actionName: message._actionName,
        _conversationId: this.conversation, _correlationId: message._correlationId, _origin: location.href,
        _errorCode: errorCode, _data: data, _serializerVersion: 1,
      });
    if (message._actionType === REGISTER) {
      this.registered.set(message._actionName, message._data);
      answer(CHANNEL.OK, { Error: 0 });
      this.onRegister(message._actionName, message._data);
    } else if (message._actionType === UNREGISTER) {
      this.registered.delete(message._actionName);
      answer(CHANNEL.OK, { Error: 0 });
      this.onUnregister(message._actionName);
    } else if (message._actionName === "ExecuteMethod" || message._actionName === "executeMethod") {
      await this.#execute(message, answer);
    } else {
      const found = await this.onMethod(message._actionName, message._data);
      if (found === undefined) {
        this.log.addUnknown({ action: message._actionName });
        answer(CHANNEL.HANDLING, null);
      } else {
        answer(CHANNEL.OK, found.data);
      }
    }
  }

  async #execute(message, answer) {
    const isDda = message._actionName === "executeMethod";
    const dispatchId = isDda ? message._data?.DdaMethod?.DispatchId : message._data?.MethodData?.DispatchId;
    if (typeof dispatchId !== "number") {
      this.log.addMalformed({ action: message._actionName, data: message._data });
      answer(CHANNEL.IN_REQUEST, null);
      return;
    }
    const data = isDda ? message._data : message._data.ApiParams;
    this.log.calls.push({ dispatchId, data });
    const fault = this.faults.take(dispatchId);
    if (fault?.behind) {
      const inTurn = answer;
      answer = (...parts) => this.#holdBack(() => inTurn(...parts));
    }
    if (fault?.delay) {
      await new Promise((done) => setTimeout(done, fault.delay));
    }
    if (fault?.drop) {
      return;
    }
    if (fault?.deny || fault?.channel) {
      answer(fault.deny ? CHANNEL.DENIED : fault.channel, null);
      return;
    }
    try {
      if (fault?.code) {
        throw new OfficeFault(fault.code);
      }
      const result = await this.onDispatch(dispatchId, data, isDda);
      answer(CHANNEL.OK, result.raw ? result.data : wrap(result.data, isDda));
    } catch (error) {
      this.#refuse(error, dispatchId, isDda, answer);
    }
    if (!fault?.behind) {
      this.held.splice(0).forEach((release) => release());
    }
  }

  /** An answer that comes after the next one; alone on the line, it comes late but it comes. */
  #holdBack(release) {
    this.held.push(release);
    setTimeout(() => this.held.splice(0).forEach((one) => one()), HELD_AT_MOST_MS);
  }

  #refuse(error, dispatchId, isDda, answer) {
    if (!(error instanceof OfficeFault)) {
      console.error(`outlook host: dispatch ${dispatchId} failed:`, error);
      answer(CHANNEL.HANDLING, null);
      return;
    }
    if (isDda) {
      answer(CHANNEL.OK, { Version: 1, Error: error.code });
    } else {
      answer(CHANNEL.OK, { wasSuccessful: false, error: true, errorCode: error.code, data: null });
    }
  }
}

function wrap(data, isDda) {
  if (isDda) {
    return { Version: 1, Error: 0, ...data };
  }
  return { wasSuccessful: true, error: false, errorCode: 0, data: data === undefined ? null : data };
}

function readEnvelope(text) {
  if (typeof text !== "string") {
    return null;
  }
  try {
    const message = JSON.parse(text);
    return typeof message?._messageType === "number" && typeof message._actionName === "string" ? message : null;
  } catch {
    return null;
  }
}
