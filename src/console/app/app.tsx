import { screen_of } from "./paths";

export function App() {
  const screen = screen_of(location.pathname);
  return (
    <main>
      <h1>crewshipd</h1>
      <p>{screen}</p>
    </main>
  );
}
