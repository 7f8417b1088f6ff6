/** Sign-in through the host (nested app authentication) with msal-browser; loaded only where the host offers it. */

import {
  createNestablePublicClientApplication,
  InteractionRequiredAuthError,
  type AuthenticationResult,
  type IPublicClientApplication,
} from "@azure/msal-browser";
import type { Config } from "../config.ts";
import { SignInNeeded, within, type Provider, type TokenRequest } from "./source.ts";

/** msal keeps what it must in memory; nothing goes to local or session storage. */
export async function nestedProvider(config: Config): Promise<Provider> {
  const application = await createNestablePublicClientApplication({
    auth: { clientId: config.client_id, authority: config.authority, clientCapabilities: ["CP1"] },
    cache: { cacheLocation: "memoryStorage" },
  });
  return nestedWay(application, config.scope);
}

/** Without an answer a person is asked; a window may take as long as a password and a second factor do. */
const SILENT_LIMIT_MS = 15_000;
/** The browser lets a press open a window only for some seconds. */
const SILENT_AT_A_PRESS_MS = 2_000;
const WINDOW_LIMIT_MS = 300_000;

type Application = Pick<IPublicClientApplication, "acquireTokenSilent" | "acquireTokenPopup">;

export function nestedWay(application: Application, scope: string): Provider {
  return {
    name: "nested",
    async token(request: TokenRequest): Promise<string> {
      try {
        return (await ask(application, scope, request)).accessToken;
      } catch (failure) {
        throw told(failure, request.interactive);
      }
    },
  };
}

async function ask(application: Application, scope: string, request: TokenRequest): Promise<AuthenticationResult> {
  const question = { scopes: [scope], ...(request.claims === undefined ? {} : { claims: request.claims }) };
  try {
    return await within(request.interactive ? SILENT_AT_A_PRESS_MS : SILENT_LIMIT_MS, "interaction", application.acquireTokenSilent(question));
  } catch (failure) {
    if (request.interactive && wantsPerson(failure)) return within(WINDOW_LIMIT_MS, "failed", application.acquireTokenPopup(question));
    throw failure;
  }
}

function wantsPerson(failure: unknown): boolean {
  return failure instanceof InteractionRequiredAuthError || failure instanceof SignInNeeded || codeOf(failure) === "no_account_found";
}

function codeOf(failure: unknown): string {
  const code = (failure as { errorCode?: unknown } | null)?.errorCode;
  return typeof code === "string" ? code : "";
}

function told(failure: unknown, pressed: boolean): SignInNeeded {
  if (failure instanceof SignInNeeded) return failure;
  const detail = codeOf(failure);
  // without a bridge msal falls back to an ordinary page, which has no account and needs pop-ups that Outlook blocks
  if (detail === "no_account_error" || detail === "nested_app_auth_bridge_disabled") return new SignInNeeded("unsupported", detail);
  if (/^user_cancell?ed$/.test(detail)) return new SignInNeeded("cancelled", detail);
  // the window may let the person agree; only when that did not help it is for an administrator
  if (/consent/.test(detail) || /AADSTS(?:65001|90094)/.test(String(failure))) return new SignInNeeded(pressed ? "consent" : "interaction", detail);
  if (failure instanceof InteractionRequiredAuthError || detail === "no_account_found") return new SignInNeeded("interaction", detail);
  return new SignInNeeded("failed", detail);
}
