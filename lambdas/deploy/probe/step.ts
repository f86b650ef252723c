import type * as z from "zod/mini";
import { ProbeFailed } from "../../core/errors.ts";
import { probeLimits, probeListener, type ProbePorts } from "../../traffic/probing.ts";
import type { Outcome, Step, Work } from "../../core/step.ts";
import type { environment } from "./contract.ts";

interface Ports extends ProbePorts {
  readonly settings: z.infer<typeof environment>;
}

/** Asks production whether the new release is what users get. */
export function probe(ports: Ports): Step {
  return { name: "Probe", observe: async () => ({ kind: "absent" }), act: (work) => probeProduction(ports, work) };
}

async function probeProduction(ports: Ports, { record, attempt }: Work): Promise<Outcome> {
  const { LISTENER_ARN: listenerArn, HEALTH_PATH: path } = ports.settings;
  const { inARow, withinMilliseconds, errorsInARow } = probeLimits;
  // The release was probed before it got traffic, so errors now need no patience: users see them.
  const { ok, saw } = await probeListener(ports, { listenerArn, path, release: record.commit, errorsInARow });
  if (ok) return { kind: "done" };
  const error = new ProbeFailed(
    `Production does not serve commit ${record.commit.slice(0, 8)} as it should: ${saw}. It needs ${inARow} good answers in a row within ${withinMilliseconds / 1000} seconds, and gives up after ${errorsInARow} errors in a row. Look at the log of the service's tasks.`,
  );
  return { kind: "failed", attempt, error };
}
