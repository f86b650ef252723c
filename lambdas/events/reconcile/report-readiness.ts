import { PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import * as z from "zod/mini";
import { notify } from "../../core/notice.ts";
import { loadRecords, loadRelease, loadReleases } from "../../core/record.ts";
import { loadRestores } from "../../restore/record.ts";
import { assessReadiness, reasonsOf } from "../../rollback/readiness/assess-readiness.ts";
import type { ReadinessDeps } from "../../rollback/readiness/checks.ts";
import type { Deps } from "../../core/journal.ts";
import { checkMetrics } from "../check-production/contract.ts";
import type { ReconcileDeps } from "./contract.ts";

interface ReportDeps extends Pick<Deps, "table" | "clock" | "log">, ReadinessDeps {
  readonly eventBridge: ReconcileDeps["eventBridge"];
  readonly settings: ReadinessDeps["settings"] & Pick<ReconcileDeps["settings"], "STAGE" | "PREFIX">;
}

const reportKey = { pk: "readiness", sk: "rollback" };
/** `isAnnounced`: the last notice said that the stage is not ready. */
const reported = z.object({ isAnnounced: z.boolean() });

/** Publishes whether the stage can be rolled back, and notifies people when that changes, not every hour. */
export async function reportReadiness(deps: ReportDeps): Promise<void> {
  const { table, clock, log, settings } = deps;
  const [live, releases, deployments, restores] = await Promise.all([
    loadRelease(table),
    loadReleases(table),
    loadRecords(table),
    loadRestores(table),
  ]);
  const readiness = await assessReadiness(deps, { live, releases, deployments, restores });
  // Without an earlier release nothing has changed for the worse.
  if (!readiness?.to) return;
  const { state, to, checks } = readiness;
  log.info("Rollback readiness", { state, to, checks });
  if (state === "unknown") return;
  const isReady = state === "ready";
  await publish(deps, isReady);
  const former = z.safeParse(reported, await table.get(reportKey)).data;
  if (isReady === !(former?.isAnnounced ?? false)) return;
  const reasons = reasonsOf(readiness);
  await notify(deps.eventBridge, "Lockstep Rollback Readiness Changed", { stage: settings.STAGE, state, to, reasons });
  await table.put({ ...reportKey, isAnnounced: !isReady, since: clock.now().toISOString(), reasons });
}

async function publish({ cloudWatch, clock, settings }: ReportDeps, isReady: boolean): Promise<void> {
  const datum = {
    MetricName: checkMetrics.rollbackReady,
    Value: isReady ? 1 : 0,
    Timestamp: clock.now(),
    Dimensions: [{ Name: checkMetrics.dimension, Value: settings.PREFIX }],
  };
  await cloudWatch.send(new PutMetricDataCommand({ Namespace: checkMetrics.namespace, MetricData: [datum] }));
}
