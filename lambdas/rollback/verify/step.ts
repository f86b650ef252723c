import type * as z from "zod/mini";
import { RollbackFailed } from "../../core/errors.ts";
import { probeLimits, probeListener, type ProbePorts } from "../../traffic/probing.ts";
import type { RollbackWork } from "../rollback.ts";
import type { environment, VerifyOutput } from "./contract.ts";

interface Ports extends ProbePorts {
  readonly settings: z.infer<typeof environment>;
}

/** Asks production whether users get the release that traffic was taken back to. Before the first release: whether it answers. */
export function verify(ports: Ports) {
  return async (work: RollbackWork): Promise<VerifyOutput> => {
    const { LISTENER_ARN: listenerArn, HEALTH_PATH: path } = ports.settings;
    const release = work.record.to?.commit;
    const { ok, saw } = await probeListener(ports, { listenerArn, path, ...(release !== undefined && { release }) });
    await work.remember({ saw });
    if (ok) return { saw };
    const seconds = probeLimits.withinMilliseconds / 1000;
    throw new RollbackFailed(
      `Traffic was taken back${release === undefined ? "" : ` to commit ${release.slice(0, 8)}`}, but production does not answer as it should within ${seconds} seconds: ${saw}. Look at the tasks of the service, then redrive this execution.`,
    );
  };
}
