// Deployments by name, wherever only their id is at hand.
import { useDeployments } from "../lib/deployments";
import { short_id } from "../lib/format";
import { Select } from "./form";

export function DeploymentName({ id }: { id: string }) {
  const listed = useDeployments().find((deployment) => deployment.id === id);
  return <>{listed?.name ?? short_id(id)}</>;
}

export function DeploymentSelect({ value, set }: { value: string; set: (id: string) => void }) {
  const deployments = useDeployments();
  return (
    <Select
      aria-label="Deployment"
      value={value}
      set={set}
      options={[
        { value: "", label: "Deployment: any" },
        ...deployments.map(({ id, name }) => ({ value: id, label: name })),
      ]}
    />
  );
}
