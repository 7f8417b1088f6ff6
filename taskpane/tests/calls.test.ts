import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CallQueue, OfficeFailure, type Answer, type Timers } from "../src/office/calls.ts";

const ok = <T>(value: T): Answer<T> => ({ status: "succeeded", value, error: undefined });

/** Timers that run out only when told to. */
class HandTimers implements Timers {
  readonly running = new Map<number, () => void>();
  private last = 0;
  set(callback: () => void): number {
    this.running.set((this.last += 1), callback);
    return this.last;
  }
  clear(handle: unknown): void {
    this.running.delete(handle as number);
  }
  runOut(): void {
    for (const callback of [...this.running.values()]) callback();
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("CallQueue", () => {
  test("starts a call only when the one before has answered", async () => {
    const queue = new CallQueue(1000, new HandTimers());
    const started: string[] = [];
    let answerFirst: (answer: Answer<number>) => void = () => undefined;
    const first = queue.run<number>("first", (done) => {
      started.push("first");
      answerFirst = done;
    });
    const second = queue.run<number>("second", (done) => {
      started.push("second");
      done(ok(2));
    });
    await settled();
    assert.deepEqual(started, ["first"]);
    answerFirst(ok(1));
    assert.deepEqual(await Promise.all([first, second]), [1, 2]);
    assert.deepEqual(started, ["first", "second"]);
  });

  test("a callback that never comes ends in silence, and the next call runs", async () => {
    const timers = new HandTimers();
    const queue = new CallQueue(1000, timers);
    const never = queue.run("never", () => undefined);
    const after = queue.run<string>("after", (done) => done(ok("answered")));
    await settled();
    timers.runOut();
    await assert.rejects(never, (failure) => failure instanceof OfficeFailure && failure.kind === "silent");
    assert.equal(await after, "answered");
  });

  test("an answer that comes too late changes nothing", async () => {
    const timers = new HandTimers();
    const queue = new CallQueue(1000, timers);
    let late: (answer: Answer<string>) => void = () => undefined;
    const call = queue.run<string>("late", (done) => (late = done));
    await settled();
    timers.runOut();
    late(ok("too late"));
    await assert.rejects(call, OfficeFailure);
  });

  test("tells Outlook's refusal with its code", async () => {
    const refusal = { status: "failed", value: undefined, error: { code: 9010, name: "InvalidEndTime", message: "The end time is wrong" } };
    await assert.rejects(new CallQueue().run("end.setAsync", (done) => done(refusal)), (failure) => {
      assert.ok(failure instanceof OfficeFailure);
      assert.deepEqual([failure.kind, failure.code, failure.call], ["refused", 9010, "end.setAsync"]);
      return true;
    });
  });

  test("takes plain strings and Sys errors thrown before the call", async () => {
    for (const thrown of ["a plain string", new Error("Sys.ArgumentException")]) {
      await assert.rejects(
        new CallQueue().run("addHandlerAsync", () => {
          throw thrown;
        }),
        (failure) => failure instanceof OfficeFailure && failure.kind === "thrown",
      );
    }
  });

  test("a call that this Outlook lacks is absent", async () => {
    const item = {} as { missing: { getAsync(done: unknown): void } };
    await assert.rejects(
      new CallQueue().run("missing.getAsync", (done) => item.missing.getAsync(done)),
      (failure) => failure instanceof OfficeFailure && failure.kind === "absent",
    );
  });
});
