/** The handlers that Outlook itself starts (launch events); ES2016, no DOM, and nothing may depend on them. */

void 0;
