/** Sign-in through the host (nested app authentication) with msal-browser; loaded only where the host offers it. */

import {
  createNestablePublicClientApplication,
  InteractionRequiredAuthError,
  type AuthenticationResult,
  type IPublicClientApplication,
} from "@azure/msal-browser";
import type { Config } from "../config.ts";
import { SignInNeeded, type Provider, type TokenRequest } from "./source.ts";

/** msal keeps what it must in memory; nothing goes to local or session storage. */
export async function nestedProvider(config: Config): Promise<Provider> {
  const application = await createNestablePublicClientApplication({
    auth: { clientId: config.client_id, authority: config.authority, clientCapabilities: ["CP1"] },
    cache: { cacheLocation: "memoryStorage" },
  });
  return {
    name: "nested",
    async token(request: TokenRequest): Promise<string> {
      try {
        return (await ask(application, config.scope, request)).accessToken;
      } catch (failure) {
        throw told(failure, request.interactive);
      }
    },
  };
}

async function ask(application: IPublicClientApplication, scope: string, request: TokenRequest): Promise<AuthenticationResult> {
  const question = { scopes: [scope], ...(request.claims === undefined ? {} : { claims: request.claims }) };
  try {
    return await application.acquireTokenSilent(question);
  } catch (failure) {
    const askPerson = failure instanceof InteractionRequiredAuthError || codeOf(failure) === "no_account_found";
    if (request.interactive && askPerson) return application.acquireTokenPopup(question);
    throw failure;
  }
}

function codeOf(failure: unknown): string {
  const code = (failure as { errorCode?: unknown } | null)?.errorCode;
  return typeof code === "string" ? code : "";
}

function told(failure: unknown, pressed: boolean): SignInNeeded {
  const detail = codeOf(failure);
  // without a bridge msal falls back to an ordinary page, which has no account and needs pop-ups that Outlook blocks
  if (detail === "no_account_error" || detail === "nested_app_auth_bridge_disabled") return new SignInNeeded("unsupported", detail);
  if (/^user_cancell?ed$/.test(detail)) return new SignInNeeded("cancelled", detail);
  // the window may let the person agree; only when that did not help it is for an administrator
  if (/consent/.test(detail) || /AADSTS(?:65001|90094)/.test(String(failure))) return new SignInNeeded(pressed ? "consent" : "interaction", detail);
  if (failure instanceof InteractionRequiredAuthError || detail === "no_account_found") return new SignInNeeded("interaction", detail);
  return new SignInNeeded("failed", detail);
}
