import { render } from "preact";

import { App } from "./app";
import { start_router } from "./lib/router";
import { load_session } from "./lib/session";
import { start_theme } from "./lib/theme";
import "./style.css";

start_theme();
start_router();
void load_session();
render(<App />, document.getElementById("app")!);
