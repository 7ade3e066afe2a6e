// Tabs that are links: each has an address.
export interface Tab {
  name: string;
  to: string;
  current: boolean;
}

export function Tabs({ label, tabs }: { label: string; tabs: Tab[] }) {
  return (
    <nav class="tabs" aria-label={label}>
      {tabs.map((tab) => (
        <a key={tab.name} href={tab.to} aria-current={tab.current ? "page" : undefined}>
          {tab.name}
        </a>
      ))}
    </nav>
  );
}
