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
        throw told(failure);
      }
    },
  };
}

async function ask(application: IPublicClientApplication, scope: string, request: TokenRequest): Promise<AuthenticationResult> {
  const question = { scopes: [scope], ...(request.claims === undefined ? {} : { claims: request.claims }) };
  try {
    return await application.acquireTokenSilent(question);
  } catch (failure) {
    if (request.interactive && failure instanceof InteractionRequiredAuthError) return application.acquireTokenPopup(question);
    throw failure;
  }
}

function told(failure: unknown): SignInNeeded {
  const code = (failure as { errorCode?: unknown } | null)?.errorCode;
  const detail = typeof code === "string" ? code : "";
  if (detail === "user_cancelled") return new SignInNeeded("cancelled", detail);
  if (/consent/.test(detail) || /AADSTS65001/.test(String(failure))) return new SignInNeeded("consent", detail);
  if (failure instanceof InteractionRequiredAuthError) return new SignInNeeded("interaction", detail);
  return new SignInNeeded("failed", detail);
}
