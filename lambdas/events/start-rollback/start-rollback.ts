import type { CodeDeployClient } from "@aws-sdk/client-codedeploy";
import type { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import type { SFNClient } from "@aws-sdk/client-sfn";
import * as z from "zod/mini";
import type { Deps } from "../../core/journal.ts";
import { readLock } from "../../core/lock.ts";
import { loadRelease, loadReleases, type ReleaseRecord } from "../../core/record.ts";
import { earlierGoodRelease } from "../../rollback/readiness/facts.ts";
import { loadRollbacks, rollbackOf, startRollback as start } from "../../rollback/record.ts";
import { loadRestores } from "../../restore/record.ts";
import { awsDate } from "../../traffic/raised-alarms.ts";
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
async function alarmRaised(deps: StartRollbackDeps, raised: AlarmRaised): Promise<void> {
  const { alarmName: alarm, state } = raised;
  const { holder } = await readLock(deps.table);
  const release = await loadRelease(deps.table);
  if (holder !== undefined) return deps.log.info("Alarm ignored: an execution holds the lock", { alarm, holder });
  if (!release) return deps.log.info("Alarm ignored: the stage has no release", { alarm });
  const reason = await whyNotTheRelease(deps, raised, release);
  if (reason) return deps.log.info("Alarm ignored", { alarm, ...reason });
  await start(deps, deps.settings.ROLLBACK_MACHINE_ARN, {
    rollback: `${release.deployment}-alarm`,
    cause: { kind: "alarm", alarm, reason: state.reason },
  });
}

/** Why a rollback of the release would not help against an alarm. */
async function whyNotTheRelease(
  { table, settings }: StartRollbackDeps,
  { state }: AlarmRaised,
  { deployment, deployedAt }: ReleaseRecord,
): Promise<object | undefined> {
  const raisedAt = awsDate(state.timestamp).getTime();
  const minutes = (raisedAt - Date.parse(deployedAt)) / 60_000;
  if (minutes > settings.ALARM_WINDOW_MINUTES) return { reason: "too long after the release", minutes };
  const since = new Date(raisedAt - settings.ALARM_MEMORY_SECONDS * 1000).toISOString();
  const isRecent = ({ endedAt = "" }: { endedAt?: string | undefined }) => endedAt > since && endedAt > deployedAt;
  const rollback = (await loadRollbacks(table)).find((each) => each.reverts && isRecent(each))?.rollback;
  if (rollback !== undefined) return { reason: "caused by the release that was just rolled back", rollback };
  const restore = (await loadRestores(table)).find(isRecent)?.restore;
  if (restore !== undefined) return { reason: "caused by the restore that has just ended", restore };
  if (earlierGoodRelease(await loadReleases(table), deployment)) return undefined;
  return { reason: "there is no earlier good release to roll back to" };
}
