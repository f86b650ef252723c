import type { CodeDeployClient } from "@aws-sdk/client-codedeploy";
import type { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import type { SFNClient } from "@aws-sdk/client-sfn";
import * as z from "zod/mini";
import type { Deps } from "../../core/journal.ts";
import { readLock } from "../../core/lock.ts";
import { loadRelease, type ReleaseRecord } from "../../core/record.ts";
import { loadRollbacks, rollbackOf, startRollback as start } from "../../rollback/record.ts";
import { freezeStage } from "../end-of-execution.ts";
import { type AlarmRaised, type environment, type MachineEnded, rollbackTrigger } from "./contract.ts";

interface StartRollbackDeps extends Deps {
  readonly codeDeploy: CodeDeployClient;
  readonly eventBridge: EventBridgeClient;
  readonly sfn: SFNClient;
  readonly settings: z.infer<typeof environment>;
}

/** Starts the rollback machine when a deployment has failed, or an alarm goes off soon after a release. */
export function startRollback(deps: StartRollbackDeps) {
  return async (event: unknown): Promise<void> => {
    const parsed = z.safeParse(rollbackTrigger, event);
    if (!parsed.success) return deps.log.info("Event ignored: not a rollback trigger", { issues: parsed.error.issues });
    if (parsed.data["detail-type"] === "CloudWatch Alarm State Change") return alarmRaised(deps, parsed.data.detail);
    return machineEnded(deps, parsed.data.detail);
  };
}

async function machineEnded(deps: StartRollbackDeps, ended: MachineEnded): Promise<void> {
  const { executionArn: execution, name, status, redriveCount } = ended;
  const { holder } = await readLock(deps.table);
  if (holder !== execution)
    return deps.log.info("Failed execution ignored: it does not hold the lock, so it changed nothing", { execution });
  if (ended.stateMachineArn !== deps.settings.DEPLOY_MACHINE_ARN) {
    const cause = ended.cause ?? `The execution ${name} ended with status ${status}.`;
    return freezeStage(deps, { execution, name, status, error: ended.error ?? status, cause });
  }
  const attempt = redriveCount ?? 0;
  await start(deps, deps.settings.ROLLBACK_MACHINE_ARN, {
    rollback: rollbackOf(name, attempt),
    cause: { kind: "execution", execution, deployment: name, status, attempt },
  });
}

/** During a deployment CodeDeploy itself watches the alarms; long after it an alarm is not caused by the release. */
async function alarmRaised(deps: StartRollbackDeps, { alarmName: alarm, state }: AlarmRaised): Promise<void> {
  const { table, clock, log, settings } = deps;
  const { holder } = await readLock(table);
  const release = await loadRelease(table);
  if (holder !== undefined) return log.info("Alarm ignored: an execution holds the lock", { alarm, holder });
  if (!release) return log.info("Alarm ignored: the stage has no release", { alarm });
  const minutes = (clock.now().getTime() - Date.parse(release.deployedAt)) / 60_000;
  if (minutes > settings.ALARM_WINDOW_MINUTES)
    return log.info("Alarm ignored: too long after the release", { alarm, minutes });
  const rollback = await recentRollback(deps, release);
  if (rollback) return log.info("Alarm ignored: caused by the release that was just rolled back", { alarm, rollback });
  await start(deps, settings.ROLLBACK_MACHINE_ARN, {
    rollback: `${release.deployment}-alarm`,
    cause: { kind: "alarm", alarm, reason: state.reason },
  });
}

/** A rollback that has just ended: an alarm may be caused by the release that it removed. */
async function recentRollback(
  { table, clock, settings }: StartRollbackDeps,
  release: ReleaseRecord,
): Promise<string | undefined> {
  const since = new Date(clock.now().getTime() - settings.ALARM_MEMORY_SECONDS * 1000).toISOString();
  const ended = (await loadRollbacks(table)).filter(({ endedAt, reverts }) => reverts && endedAt !== undefined);
  const recent = ended.find(({ endedAt = "" }) => endedAt > since && endedAt > release.deployedAt);
  return recent?.rollback;
}
