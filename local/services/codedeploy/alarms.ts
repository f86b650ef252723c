import { messageOf } from "./errors.ts";
import { asRole, type StepParts } from "./parts.ts";
import type { DeploymentRecord } from "./store.ts";

const pollSeconds = 10;
const shortestPollMs = 250;

export const alarmPollMs = ({ cloud }: StepParts): number => Math.max(cloud.clock.scaled(pollSeconds), shortestPollMs);

/** Names of the alarms that the deployment minds. */
export function alarmsOf({ settings, overrideAlarms }: DeploymentRecord): string[] {
  const { enabled = false, alarms = [] } = overrideAlarms ?? settings.alarms ?? {};
  return enabled ? alarms.flatMap(({ name }) => name ?? []) : [];
}

/** Which alarm forbids that the deployment goes on. */
export async function alarmRaised({ cloud }: StepParts, deployment: DeploymentRecord): Promise<string | undefined> {
  const names = alarmsOf(deployment);
  if (names.length === 0) return undefined;
  const { ignorePollAlarmFailure = false } = deployment.overrideAlarms ?? deployment.settings.alarms ?? {};
  try {
    const input = { AlarmNames: names };
    const found = await cloud.call("cloudwatch", "describeAlarms", input, asRole(deployment));
    const all = [...(found.MetricAlarms ?? []), ...(found.CompositeAlarms ?? [])];
    const active = all.filter(({ StateValue }) => StateValue === "ALARM").map(({ AlarmName }) => AlarmName);
    return active.length > 0 ? `One or more alarms have been activated: ${active.join(", ")}` : undefined;
  } catch (error) {
    if (ignorePollAlarmFailure) return undefined;
    return `The alarms ${names.join(", ")} could not be polled: ${messageOf(error)}`;
  }
}
