/** Light or dark: Outlook's own theme where it is told, else the system's; it must not know where the word comes from. */

export type Theme = "light" | "dark";

let told: Theme | null = null;

/** Follows the system until `takeTheme` is called. */
export function startTheme(): void {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const show = (): void => mark(told ?? (system.matches ? "dark" : "light"));
  system.addEventListener("change", show);
  show();
}

export function takeTheme(theme: Theme): void {
  told = theme;
  mark(theme);
}

function mark(theme: Theme): void {
  document.documentElement.dataset["theme"] = theme;
}
