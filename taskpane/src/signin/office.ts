/** Sign-in through Office itself (Office.auth.getAccessToken); it must not keep the token. */

import { SignInNeeded, within, type Provider, type SignInReason, type TokenRequest } from "./source.ts";

const SILENT_LIMIT_MS = 15_000;
const WINDOW_LIMIT_MS = 300_000;

/** Codes of getAccessToken that a person can do something about; only "cancelled" ends the search for a way. */
const REASONS: Readonly<Record<number, SignInReason>> = {
  13001: "interaction", // nobody is signed in to Office
  13002: "cancelled",
  13004: "failed", // the add-in's resource is not known to the tenant
  13005: "failed", // not consented: the dialogue's way asks for it, or says that an administrator must
  13006: "failed",
  13008: "interaction", // an earlier question is still open
  13009: "failed",
  13011: "cancelled",
};

export const officeProvider: Provider = {
  name: "Office",
  async token({ claims, interactive }: TokenRequest): Promise<string> {
    if (typeof Office.auth?.getAccessToken !== "function") throw new SignInNeeded("unsupported", "no getAccessToken");
    const asked = Office.auth.getAccessToken({
      allowSignInPrompt: interactive,
      allowConsentPrompt: interactive,
      ...(claims === undefined ? {} : { authChallenge: claims }),
    });
    try {
      return await within(interactive ? WINDOW_LIMIT_MS : SILENT_LIMIT_MS, "failed", asked);
    } catch (failure) {
      if (failure instanceof SignInNeeded) throw failure;
      const code = codeOf(failure);
      const reason = REASONS[code] ?? "unsupported";
      throw new SignInNeeded(reason, code);
    }
  },
};

function codeOf(failure: unknown): number {
  const code = (failure as { code?: unknown } | null)?.code;
  return typeof code === "number" ? code : 0;
}
