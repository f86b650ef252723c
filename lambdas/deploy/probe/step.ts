import { ProbeFailed } from "../../core/errors.ts";
import type { Outcome, Step, Work } from "../../core/step.ts";
import { type ProbeDeps, probeLimits, probeListener, production, type ProbeSettings } from "../../traffic/probing.ts";

interface ProductionDeps extends ProbeDeps {
  readonly settings: ProbeSettings;
}

/** Probes production: users have to get the new release. */
export function probe(deps: ProductionDeps): Step {
  return { name: "Probe", act: (work) => probeProduction(deps, work) };
}

async function probeProduction(deps: ProductionDeps, { record, attempt }: Work): Promise<Outcome> {
  const { inARow, withinMilliseconds, errorsInARow, serverErrors } = probeLimits;
  // The release was probed before it got traffic, so a few errors are enough: users see them.
  const limits = { errorsInARow, errorPauseMilliseconds: 1_000 };
  const { ok, observed } = await probeListener(deps, {
    ...production(deps.settings),
    release: record.commit,
    ...limits,
  });
  if (ok) return { kind: "done" };
  const error = new ProbeFailed(
    [
      `Production failed its probe for commit ${record.commit.slice(0, 8)}: ${observed}. It requires ${inARow} successful responses in a row within ${withinMilliseconds / 1000} seconds, and fails after ${errorsInARow} errors in a row or ${serverErrors} responses with a 5xx status.`,
      "Fix: check the log of the service's tasks. Then push a fix, or run: lockstep redrive",
    ].join("\n"),
  );
  return { kind: "failed", attempt, error };
}
