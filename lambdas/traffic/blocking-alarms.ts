import type { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { AlarmRaised } from "../core/errors.ts";
import { minutesIn, type StepName } from "../core/record.ts";
import type { Outcome, Work } from "../core/step.ts";
import { alarmsInAlarm } from "./raised-alarms.ts";

interface AlarmDeps {
  readonly cloudWatch: CloudWatchClient;
  readonly clock: { now(): Date };
  readonly settings: { readonly ALARM_NAMES: readonly string[] };
}

/** Wait key of a step that is blocked by alarms; an alarm that returns to OK wakes it. */
export const alarmsWaitKey = "alarms";
/** Value of the commit's `Lockstep-Allow` trailer that deploys a release despite alarms. */
export const allowAlarm = "alarm";
const patienceMinutes = 15;

/**
 * CodeDeploy stops a deployment at once if one of its alarms is in state ALARM, for example after a release that was just rolled
 * back: the step waits for them. `undefined` if no alarm blocks it.
 */
export async function blockingAlarms(deps: AlarmDeps, step: StepName, work: Work): Promise<Outcome | undefined> {
  const { record, attempt } = work;
  if (record.allows?.includes(allowAlarm)) return undefined;
  const alarms = await alarmsInAlarm(deps.cloudWatch, deps.settings.ALARM_NAMES);
  if (alarms.length === 0) return undefined;
  const names = alarms.join(", ");
  if (minutesIn(step, record, deps.clock) < patienceMinutes) {
    const until = async () => (await alarmsInAlarm(deps.cloudWatch, deps.settings.ALARM_NAMES)).length === 0;
    return { kind: "blocked", reason: `Alarms in state ALARM: ${names}`, waitKey: alarmsWaitKey, until };
  }
  const error = new AlarmRaised(
    [
      `These alarms stayed in state ALARM for ${patienceMinutes} minutes, so no traffic was shifted: ${names}. The old release is still live.`,
      "Fix: check the alarms in CloudWatch. Then run: lockstep redrive",
      `If this release fixes them, push it with the commit trailer "Lockstep-Allow: ${allowAlarm}".`,
    ].join("\n"),
  );
  return { kind: "failed", attempt, error };
}
