/** Every failure as one sentence that says what to do; pure, it must not know where it is shown. */

import { ApiProblem, Unreachable } from "./api.ts";
import type { Messages } from "./messages.ts";
import { OfficeFailure } from "./office/calls.ts";
import { BodyBusy, BodyTooLong } from "./scheduling.ts";
import type { Notice } from "./state.ts";

export function explain(failure: unknown, messages: Messages): Notice {
  if (failure instanceof ApiProblem) return problemNotice(failure, messages);
  return { tone: "error", text: sentence(failure, messages) };
}

function sentence(failure: unknown, messages: Messages): string {
  if (failure instanceof BodyTooLong) return messages.say("problem.body.long");
  if (failure instanceof BodyBusy) return messages.say("problem.body.busy");
  if (failure instanceof Unreachable) return messages.say("offline.text");
  if (failure instanceof OfficeFailure) return officeSentence(failure, messages);
  return messages.say("problem.unknown");
}

function officeSentence(failure: OfficeFailure, messages: Messages): string {
  const call = failure.code === null ? failure.call : `${failure.call}, ${failure.code}`;
  switch (failure.kind) {
    case "silent":
      return messages.say("problem.office.silent");
    case "switched":
      return messages.say("problem.office.switched");
    case "absent":
      return messages.say("problem.office.absent", { call });
    default:
      return messages.say("problem.office.refused", { call });
  }
}

function problemNotice({ problem }: ApiProblem, messages: Messages): Notice {
  const nearest = problem.nearest_text;
  return {
    tone: "error",
    text: problemSentence(problem, messages),
    ...(nearest === undefined ? {} : { nearest: messages.say("problem.nearest", { series: nearest }) }),
    ...(problem.field === undefined ? {} : { field: problem.field }),
  };
}

function problemSentence(problem: ApiProblem["problem"], messages: Messages): string {
  if (problem.reason === "permanence") return messages.say("problem.permanence");
  if (problem.status === 429 || (problem.status === 503 && problem.retry_after !== undefined)) return messages.say("problem.busy", { when: messages.duration(problem.retry_after ?? 60) });
  if (problem.detail !== undefined && problem.detail !== "") return problem.detail;
  if (problem.status === 403) return messages.say("problem.forbidden");
  return problem.status >= 500 ? messages.say("problem.server") : messages.say("problem.unknown");
}
