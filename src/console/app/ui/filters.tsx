import type { ComponentChildren } from "preact";

import { set_query, usePlace } from "../lib/router";
import { Select } from "./form";

export function Filters({ children }: { children: ComponentChildren }) {
  return (
    <div class="filters" role="group" aria-label="Filter">
      {children}
    </div>
  );
}

interface FilterSelectProps {
  name: string; // of the parameter in the address
  label: string;
  options: string[];
}

export function FilterSelect({ name, label, options }: FilterSelectProps) {
  const { query } = usePlace();
  return (
    <Select
      aria-label={label}
      value={query.get(name) ?? ""}
      set={(value: string) => set_query({ [name]: value })}
      options={[
        { value: "", label: `${label}: any` },
        ...options.map((option) => ({ value: option, label: option })),
      ]}
    />
  );
}
