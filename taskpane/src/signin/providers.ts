/** The ways to sign in that this Outlook offers, best first; it must not know what the token is for. */

import type { Config } from "../config.ts";
import { supports } from "../office/item.ts";
import { dialogProvider } from "./dialog.ts";
import { officeProvider } from "./office.ts";
import { SignInNeeded, type Provider } from "./source.ts";

/** One list a page: the dialogue's way remembers how to renew what it got. */
export function providers(config: Config, page: Location): readonly Provider[] {
  const nested = supports("NestedAppAuth", "1.1") && config.client_id !== "" ? [lazyNested(config)] : [];
  return [...nested, officeProvider, dialogProvider(new URL("../auth/dialog", page.href).href)];
}

/** msal is some 60 kB of code: fetched at the first question and only where it is of use. */
function lazyNested(config: Config): Provider {
  let loading: Promise<Provider> | null = null;
  return {
    name: "nested",
    async token(request) {
      loading ??= import("./nested.ts").then(({ nestedProvider }) => nestedProvider(config));
      const provider = await loading.catch((failure: unknown) => {
        loading = null; // a lost download may succeed at the next press
        throw new SignInNeeded("unsupported", String(failure));
      });
      return provider.token(request);
    },
  };
}
