import type * as z from "zod/mini";
import type { environment } from "../../deploy/probe/contract.ts";
import { RestoreFailed } from "../../core/errors.ts";
import { probeLimits, probeListener, type ProbePorts } from "../../traffic/probing.ts";
import { loadRelease } from "../../core/record.ts";
import type { RestoreStep, RestoreWork } from "../restore.ts";
import type { Table } from "../../core/table.ts";

interface Ports extends ProbePorts {
  readonly table: Table;
  readonly settings: z.infer<typeof environment>;
}

/** Asks production whether it serves from the restored database. */
export function restoreProbe(ports: Ports): RestoreStep {
  return { name: "Probe", run: (work) => probe(ports, work) };
}

async function probe(ports: Ports, { record }: RestoreWork) {
  const { LISTENER_ARN: listenerArn, HEALTH_PATH: path } = ports.settings;
  const release = (await loadRelease(ports.table))?.commit;
  const { ok, saw } = await probeListener(ports, { listenerArn, path, ...(release !== undefined && { release }) });
  if (ok) return {};
  const { inARow, withinMilliseconds } = probeLimits;
  throw new RestoreFailed(
    `The database is restored, but production does not serve as it should: ${saw}. It needs ${inARow} good answers in a row within ${withinMilliseconds / 1000} seconds. What was live before is kept as ${record.keptInstance}. Look at the log of the service's tasks: the release may need migrations that the snapshot does not have; a push applies them again. Then redrive this execution.`,
  );
}
