import type { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import type { SFNClient } from "@aws-sdk/client-sfn";
import * as z from "zod/mini";
import { freezeStage } from "../freeze.ts";
import { readLock } from "../../core/lock.ts";
import { loadRelease, type ReleaseRecord } from "../../core/record.ts";
import { loadRollbacks, rollbackOf, type RollbackPorts, startRollback as start } from "../../rollback/rollback.ts";
import { type AlarmRang, type environment, type ExecutionEnded, trouble } from "./contract.ts";

interface Ports extends RollbackPorts {
  readonly eventBridge: EventBridgeClient;
  readonly sfn: SFNClient;
  readonly settings: z.infer<typeof environment>;
}

/** A deployment that ended without success, or an alarm soon after a release, starts the rollback machine. */
export function startRollback(ports: Ports) {
  return async (event: unknown): Promise<void> => {
    const parsed = z.safeParse(trouble, event);
    if (!parsed.success) return ports.log.info("Not an event to roll back for", { issues: parsed.error.issues });
    if (parsed.data["detail-type"] === "CloudWatch Alarm State Change") return alarmRang(ports, parsed.data.detail);
    return executionEnded(ports, parsed.data.detail);
  };
}

async function executionEnded(ports: Ports, ended: ExecutionEnded): Promise<void> {
  const { executionArn: execution, name, status, redriveCount } = ended;
  const { holder } = await readLock(ports.table);
  if (holder !== execution)
    return ports.log.info("It does not hold the lock, so it has changed nothing", { execution });
  if (ended.stateMachineArn !== ports.settings.DEPLOY_MACHINE_ARN) {
    const cause = ended.cause ?? `The execution ${name} ended as ${status}.`;
    return freezeStage(ports, { execution, name, error: ended.error ?? status, cause });
  }
  const attempt = redriveCount ?? 0;
  await start(ports, ports.settings.ROLLBACK_MACHINE_ARN, {
    rollback: rollbackOf(name, attempt),
    cause: { kind: "execution", execution, deployment: name, status, redriveCount: attempt },
  });
}

/** While a deployment is at work CodeDeploy watches the alarms itself; long after it an alarm is no verdict on the release. */
async function alarmRang(ports: Ports, { alarmName: alarm, state }: AlarmRang): Promise<void> {
  const { table, clock, log, settings } = ports;
  const { holder } = await readLock(table);
  const release = await loadRelease(table);
  if (holder !== undefined || !release) return log.info("The alarm is not of a release", { alarm, holder });
  const minutes = (clock.now().getTime() - Date.parse(release.deployedAt)) / 60_000;
  if (minutes > settings.ALARM_WINDOW_MINUTES) return log.info("The alarm comes too long after the release", { alarm });
  const takenBack = await takenBackSince(ports, release);
  if (takenBack) return log.info("The alarm speaks of a release that was just taken back", { alarm, takenBack });
  await start(ports, settings.ROLLBACK_MACHINE_ARN, {
    rollback: `${release.deployment}-alarm`,
    cause: { kind: "alarm", alarm, reason: state.reason },
  });
}

/** A rollback that ended a moment ago: what it took back may make an alarm ring that the release which serves has no part in. */
async function takenBackSince({ table, clock, settings }: Ports, release: ReleaseRecord): Promise<string | undefined> {
  const since = new Date(clock.now().getTime() - settings.ALARM_MEMORY_SECONDS * 1000).toISOString();
  const ended = (await loadRollbacks(table)).filter(({ endedAt, reverts }) => reverts && endedAt !== undefined);
  const recent = ended.find(({ endedAt = "" }) => endedAt > since && endedAt > release.deployedAt);
  return recent?.rollback;
}
