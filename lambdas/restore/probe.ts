import { RestoreFailed } from "../core/errors.ts";
import { loadRelease } from "../core/record.ts";
import type { Outcome, Step, Work } from "../core/step.ts";
import type { Table } from "../core/table.ts";
import { type ProbeDeps, probeLimits, probeListener, type ProbeSettings } from "../traffic/probing.ts";
import type { RestoreRecord } from "./record.ts";

interface RestoreProbeDeps extends ProbeDeps {
  readonly table: Table;
  readonly settings: ProbeSettings;
}

/** Probes production, which now uses the restored database. */
export function probe(deps: RestoreProbeDeps): Step<RestoreRecord> {
  return { name: "Probe", act: (work) => probeProduction(deps, work) };
}

async function probeProduction(
  deps: RestoreProbeDeps,
  { record, attempt }: Work<RestoreRecord>,
): Promise<Outcome<RestoreRecord>> {
  const { LISTENER_ARN: listenerArn, HEALTH_PATH: path } = deps.settings;
  const release = (await loadRelease(deps.table))?.commit;
  const { ok, observed } = await probeListener(deps, { listenerArn, path, ...(release !== undefined && { release }) });
  return ok ? { kind: "done" } : { kind: "failed", attempt, error: failed(observed, record.keptInstance) };
}

function failed(observed: string, keptInstance: string | undefined): RestoreFailed {
  const { inARow, withinMilliseconds } = probeLimits;
  return new RestoreFailed(
    [
      `The database was restored, but production failed its probe: ${observed}. It requires ${inARow} successful responses in a row within ${withinMilliseconds / 1000} seconds. The previous database is kept as ${keptInstance}.`,
      "Fix: check the log of the service's tasks. The live release may need migrations that the snapshot does not have; the next push applies them. Then run: lockstep redrive",
    ].join("\n"),
  );
}
