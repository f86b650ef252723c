import { messageOf } from "./faults.ts";
import { asRole, type StepDeps } from "./step-deps.ts";
import type { DeploymentRecord } from "./store.ts";

const pollSeconds = 10;
const minPollMs = 250;

export const alarmPollMs = ({ cloud }: StepDeps): number => Math.max(cloud.clock.scaled(pollSeconds), minPollMs);

/** Names of the deployment's alarms. */
export function alarmsOf({ settings, overrideAlarms }: DeploymentRecord): string[] {
  const { enabled = false, alarms = [] } = overrideAlarms ?? settings.alarms ?? {};
  return enabled ? alarms.flatMap(({ name }) => name ?? []) : [];
}

/** Why the deployment must stop; undefined if no alarm is in ALARM. */
export async function alarmRaised({ cloud }: StepDeps, deployment: DeploymentRecord): Promise<string | undefined> {
  const names = alarmsOf(deployment);
  if (names.length === 0) return undefined;
  const { ignorePollAlarmFailure = false } = deployment.overrideAlarms ?? deployment.settings.alarms ?? {};
  try {
    const input = { AlarmNames: names };
    const { MetricAlarms = [], CompositeAlarms = [] } = await cloud.call(
      "cloudwatch",
      "describeAlarms",
      input,
      asRole(deployment),
    );
    const active = [...MetricAlarms, ...CompositeAlarms]
      .filter(({ StateValue }) => StateValue === "ALARM")
      .map(({ AlarmName }) => AlarmName);
    return active.length > 0 ? `One or more alarms have been activated: ${active.join(", ")}` : undefined;
  } catch (error) {
    if (ignorePollAlarmFailure) return undefined;
    return `The alarms ${names.join(", ")} could not be polled: ${messageOf(error)}`;
  }
}
