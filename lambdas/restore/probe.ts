import type { CodeDeployClient } from "@aws-sdk/client-codedeploy";
import { RestoreFailed } from "../core/errors.ts";
import { loadRelease } from "../core/record.ts";
import type { Outcome, Step, Work } from "../core/step.ts";
import type { Table } from "../core/table.ts";
import { type ProbeDeps, probeLimits, probeListener, production, type ProbeSettings } from "../traffic/probing.ts";
import { endMisfit } from "./deploy-release.ts";
import type { RestoreRecord } from "./record.ts";

interface RestoreProbeDeps extends ProbeDeps {
  readonly codeDeploy: CodeDeployClient;
  readonly table: Table;
  readonly settings: ProbeSettings;
}

/** Probes production, which now uses the restored database. */
export function probe(deps: RestoreProbeDeps): Step<RestoreRecord> {
  return { name: "Probe", act: (work) => probeProduction(deps, work) };
}

async function probeProduction(deps: RestoreProbeDeps, work: Work<RestoreRecord>): Promise<Outcome<RestoreRecord>> {
  const { record, attempt } = work;
  const release = (record.to ?? (await loadRelease(deps.table)))?.commit;
  const { ok, observed } = await probeListener(deps, {
    ...production(deps.settings),
    ...(release !== undefined && { release }),
  });
  if (!ok) return { kind: "failed", attempt, error: failed(observed, record.keptInstance) };
  await endMisfit(deps, work);
  return { kind: "done" };
}

function failed(observed: string, keptInstance: string | undefined): RestoreFailed {
  const { inARow, withinMilliseconds } = probeLimits;
  return new RestoreFailed(
    [
      `The database was restored, but production failed its probe: ${observed}. It requires ${inARow} successful responses in a row within ${withinMilliseconds / 1000} seconds. The previous database is kept as ${keptInstance}.`,
      "Fix: check the log of the service's tasks. Then run: lockstep redrive",
    ].join("\n"),
  );
}
