import { RollbackFailed } from "../core/errors.ts";
import type { Step } from "../core/step.ts";
import { type ProbeDeps, probeListener, production, type ProbeSettings } from "../traffic/probing.ts";
import type { RollbackRecord } from "./record.ts";

interface RollbackProbeDeps extends ProbeDeps {
  readonly settings: ProbeSettings;
}

/** Probes production for the release that was rolled back to. Before the first release of a stage: for any response. */
export function probe(deps: RollbackProbeDeps): Step<RollbackRecord> {
  return {
    name: "Probe",
    withoutLock: true,
    async act({ record, attempt, remember }) {
      const release = record.to?.commit;
      const { ok, observed } = await probeListener(deps, {
        ...production(deps.settings),
        ...(release !== undefined && { release }),
      });
      await remember({ observed });
      return ok
        ? { kind: "done", output: { observed } }
        : { kind: "failed", attempt, error: failed(release, observed) };
    },
  };
}

function failed(release: string | undefined, observed: string): RollbackFailed {
  return new RollbackFailed(
    [
      `Traffic was rolled back${release === undefined ? "" : ` to commit ${release.slice(0, 8)}`}, but production failed its probe: ${observed}.`,
      "Fix: check the tasks of the ECS service and their log. Then run: lockstep redrive",
    ].join("\n"),
  );
}
