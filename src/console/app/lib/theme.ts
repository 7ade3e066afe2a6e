// Light or dark: the system's, unless the user has said.
import { Store } from "./store";

export type Theme = "system" | "light" | "dark";

const key = "crewship-theme";
const themes: Theme[] = ["system", "light", "dark"];

function stored(): Theme {
  try {
    return themes.find((theme) => theme === localStorage.getItem(key)) ?? "system";
  } catch {
    return "system";
  }
}

export const theme = new Store<Theme>(stored());

function apply(value: Theme): void {
  document.documentElement.dataset["theme"] = value;
}

export function start_theme(): void {
  apply(theme.value);
  theme.follow((value) => {
    apply(value);
    try {
      localStorage.setItem(key, value);
    } catch {
      // A browser that stores nothing still shows it.
    }
  });
}

export function next_theme(value: Theme): Theme {
  return themes[(themes.indexOf(value) + 1) % themes.length] ?? "system";
}
