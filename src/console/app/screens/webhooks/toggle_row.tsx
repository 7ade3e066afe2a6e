// A row that unfolds what belongs to it below itself.
import type { ComponentChildren } from "preact";

import { Icon } from "../../ui/icons";

interface ToggleRowProps {
  name: string;
  open: boolean;
  toggle: () => void;
  cells: ComponentChildren;
  columns: number;
  children: () => ComponentChildren; // what unfolds
}

export function ToggleRow({ name, open, toggle, cells, columns, children }: ToggleRowProps) {
  const click = (event: MouseEvent) => {
    const target = event.target instanceof Element ? event.target : null;
    if (target?.closest("a, button, input, select, label, dialog")) return;
    if (getSelection()?.toString()) return;
    toggle();
  };
  return (
    <>
      <tr class={open ? "row open" : "row"} onClick={click}>
        <td class="name-cell">
          <button type="button" class="row-link fold strong" aria-expanded={open} onClick={toggle}>
            <Icon name="right" />
            <span>{name}</span>
          </button>
        </td>
        {cells}
      </tr>
      {open && (
        <tr class="unfolded">
          <td colSpan={columns}>{children()}</td>
        </tr>
      )}
    </>
  );
}
