// Light or dark: the system's, unless the user has said. public/theme.js sets it before the page is painted.
import { remember } from "./remembered";
import { Store } from "./store";

export type Theme = "system" | "light" | "dark";

const key = "crewship-theme";
const themes: Theme[] = ["system", "light", "dark"];

export const theme = new Store<Theme>(
  themes.find((each) => each === document.documentElement.dataset["theme"]) ?? "system",
);

export function start_theme(): void {
  theme.follow((value) => {
    document.documentElement.dataset["theme"] = value;
    remember(key, value);
  });
}

export function next_theme(value: Theme): Theme {
  return themes[(themes.indexOf(value) + 1) % themes.length] ?? "system";
}
