import { type CloudWatchClient, DescribeAlarmsCommand } from "@aws-sdk/client-cloudwatch";
import { AlarmRaised } from "../../core/errors.ts";
import type { Outcome, Work } from "../../core/step.ts";

interface AlarmPorts {
  readonly cloudWatch: CloudWatchClient;
  readonly clock: { now(): Date };
  readonly settings: { readonly ALARM_PREFIX: string };
}

/** Under which a shift waits for its alarms; an alarm that turns OK wakes it. */
export const alarmsHandle = "alarms";
/** The word of the commit's `Lockstep-Allow` trailer that lets a release go out under a red alarm. */
export const allowAlarm = "alarm";
const patienceMinutes = 15;

/**
 * CodeDeploy stops a deployment at once when one of its alarms is red already, as after a release that was just taken
 * back: the shift waits for them. `undefined` when nothing is in the way.
 */
export async function redAlarms(ports: AlarmPorts, work: Work): Promise<Outcome | undefined> {
  const { record, attempt } = work;
  if (record.allows?.includes(allowAlarm)) return undefined;
  const red = await namesOfRed(ports);
  if (red.length === 0) return undefined;
  const names = red.join(", ");
  const startedAt = record.steps["Shift traffic"]?.startedAt ?? record.createdAt;
  const minutes = (ports.clock.now().getTime() - Date.parse(startedAt)) / 60_000;
  if (minutes < patienceMinutes) {
    const isOver = async () => (await namesOfRed(ports)).length === 0;
    return {
      kind: "later",
      reason: `Alarms are red, a shift would be stopped: ${names}`,
      handle: alarmsHandle,
      isOver,
    };
  }
  const error = new AlarmRaised(
    [
      `Before any traffic was moved, these alarms were red for ${patienceMinutes} minutes: ${names}. The old release still serves; nothing was changed.`,
      `Look at what they tell in CloudWatch, then redrive this execution. A release that is to put it right goes out all the same when its commit message ends in the trailer "Lockstep-Allow: ${allowAlarm}".`,
    ].join("\n"),
  );
  return { kind: "failed", attempt, error };
}

async function namesOfRed({ cloudWatch, settings }: AlarmPorts): Promise<string[]> {
  const { MetricAlarms = [] } = await cloudWatch.send(
    new DescribeAlarmsCommand({ AlarmNamePrefix: settings.ALARM_PREFIX, StateValue: "ALARM" }),
  );
  return MetricAlarms.map(({ AlarmName = "" }) => AlarmName);
}
