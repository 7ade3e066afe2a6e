import { useEffect } from "preact/hooks";

import { short_id } from "./lib/format";
import { start_live } from "./lib/live";
import { match, usePlace } from "./lib/router";
import { load_session, session, signed_out } from "./lib/session";
import { useStore } from "./lib/store";
import { DeliveriesScreen } from "./screens/deliveries";
import { DeliveryScreen } from "./screens/delivery";
import { DeploymentScreen } from "./screens/deployment";
import { DeploymentsScreen } from "./screens/deployments";
import { OverviewScreen } from "./screens/overview";
import { RunScreen } from "./screens/run";
import { RunsScreen } from "./screens/runs";
import { SettingsScreen } from "./screens/settings";
import { SignIn } from "./screens/sign_in";
import { Frame } from "./ui/frame";

function Screen({ path }: { path: string }) {
  if (path === "/") return <OverviewScreen />;
  if (path === "/deployments") return <DeploymentsScreen />;
  if (path === "/runs") return <RunsScreen />;
  if (path === "/deliveries") return <DeliveriesScreen />;
  if (path === "/settings") return <SettingsScreen />;
  const run = match("/runs/:id", path);
  if (run) return <RunScreen key={run["id"]} id={run["id"]!} />;
  const delivery = match("/deliveries/:id", path);
  if (delivery) return <DeliveryScreen key={delivery["id"]} id={delivery["id"]!} />;
  const deployment = match("/deployments/:id", path) ?? match("/deployments/:id/:tab", path);
  if (deployment) {
    return <DeploymentScreen key={deployment["id"]} id={deployment["id"]!} tab={deployment["tab"] ?? "versions"} />;
  }
  return (
    <div class="state">
      <p>There is no such page.</p>
    </div>
  );
}

const rooms: Record<string, string> = {
  "": "Overview",
  deployments: "Deployments",
  runs: "Runs",
  deliveries: "Deliveries",
  settings: "Settings",
};

function title_of(path: string): string {
  const [, room = "", id] = path.split("/");
  return `${id ? `${short_id(id)} · ` : ""}${rooms[room] ?? "Not found"} · crewshipd`;
}

function SignedIn({ version }: { version: string }) {
  const { path } = usePlace();
  useEffect(() => start_live(signed_out), []);
  useEffect(() => void (document.title = title_of(path)), [path]);
  return (
    <Frame version={version}>
      <Screen path={path} />
    </Frame>
  );
}

function Unreachable() {
  useEffect(() => {
    const timer = setInterval(() => void load_session(), 2000);
    return () => clearInterval(timer);
  }, []);
  return (
    <main class="sign-in">
      <p role="alert">The server does not answer. Trying again.</p>
    </main>
  );
}

export function App() {
  const known = useStore(session);
  if (known === "unknown") return null;
  if (known === "unreachable") return <Unreachable />;
  return known.signed_in ? <SignedIn version={known.version} /> : <SignIn version={known.version} />;
}
