import { deploymentKey, type DeploymentRecord, stepNames } from "../core/record.ts";
import type { Ports } from "../core/step.ts";

interface Ending {
  readonly status: string;
  readonly error?: string | null | undefined;
  readonly cause?: string | null | undefined;
}

/** Steps write their own failures; this is for an execution that was aborted, ran out of time or retries. */
export async function markFailed(
  { table, clock }: Pick<Ports, "table" | "clock">,
  record: DeploymentRecord,
  ended: Ending,
): Promise<void> {
  const failure = {
    step: stepNames.findLast((name) => record.steps[name]) ?? "Acquire lock",
    error: ended.error ?? ended.status,
    cause: ended.cause ?? `The execution ended as ${ended.status}.`,
  };
  const changes = { status: "failed", failure, endedAt: clock.now().toISOString() };
  const { deployment, attempt } = record;
  if (await table.patch(deploymentKey(deployment), changes, { status: "running", attempt })) return;
  // Who stopped it is the cause; that its build was stopped for it may have been told first.
  if (!stopped.has(ended.status)) return;
  await table.patch(deploymentKey(deployment), changes, { status: "failed", attempt });
}

/** Ends that no step brings about. */
const stopped = new Set(["ABORTED", "TIMED_OUT"]);
