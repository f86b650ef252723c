import type { CodeDeployClient } from "@aws-sdk/client-codedeploy";
import type { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import type { ECSClient } from "@aws-sdk/client-ecs";
import type * as z from "zod/mini";
import { assertNever, RollbackFailed } from "../core/errors.ts";
import type { Deps } from "../core/journal.ts";
import { loadRecord } from "../core/record.ts";
import type { Observation, Subject } from "../core/step.ts";
import type { Redact } from "../release/redact.ts";
import { describeGreen, describeProgress, type Green, type greenSettings, whyGreenFails } from "../traffic/green.ts";
import { describeEnd, describeShift, trafficWaitKey } from "../traffic/traffic.ts";
import type { StageState } from "./decide-actions.ts";
import type { RollbackRecord } from "./record.ts";

export interface RedeploymentDeps extends Deps {
  readonly codeDeploy: CodeDeployClient;
  readonly ecs: ECSClient;
  readonly logs: CloudWatchLogsClient;
  readonly redact: Redact;
  readonly settings: z.infer<typeof greenSettings>;
}

type RollbackSubject = Subject<RollbackRecord>;

interface Redeployment {
  readonly id: string;
  /** Production traffic when it was observed. */
  readonly traffic: StageState["traffic"];
}

/** Traffic is not on the earlier release yet: by the same rules as for a new release, it comes up or its deployment is stopped. */
export async function observeRedeployment(
  deps: RedeploymentDeps,
  { record, attempt }: RollbackSubject,
  { id, traffic }: Redeployment,
): Promise<Observation<RollbackRecord>> {
  const { to, redeployment } = record;
  if (!to?.taskDefinitionArn) throw new Error(`Rollback ${record.rollback} has no release to redeploy`);
  const shift = await describeShift(deps.codeDeploy, deps.settings, id);
  const released = await loadRecord(deps.table, to.deployment);
  const green: Green = {
    name: "the earlier release",
    taskDefinitionArn: to.taskDefinitionArn,
    shift,
    record: released,
  };
  const abortReason = redeployment?.codeDeployDeploymentId === id ? redeployment.abortReason : undefined;
  const waitKey = trafficWaitKey(id);
  switch (shift.state) {
    case "open": {
      if (abortReason !== undefined)
        return { kind: "running", waitKey, reason: `CodeDeploy deployment ${id} is being stopped` };
      const reason = await whyGreenFails(deps, green);
      if (reason !== undefined) return { kind: "stuck", waitKey, reason };
      return {
        kind: "running",
        waitKey,
        reason: `CodeDeploy deployment ${id}: ${await describeProgress(deps, green)}`,
      };
    }
    case "succeeded":
    case "ended": {
      const evidence = abortReason ?? (await describeGreen(deps, green));
      const cause = [describeEnd(shift.info), evidence].filter(Boolean).join("\n");
      return { kind: "failed", attempt, error: failed(record, cause, traffic) };
    }
    default:
      return assertNever(shift.state);
  }
}

function failed({ rollback, from, to }: RollbackRecord, cause: string, traffic: StageState["traffic"]): RollbackFailed {
  const serving = traffic.map(({ taskDefinition }) =>
    taskDefinition === from?.taskDefinitionArn ? `commit ${from.commit.slice(0, 8)}` : taskDefinition.split("/").at(-1),
  );
  return new RollbackFailed(
    [
      `The rollback to commit ${to?.commit.slice(0, 8)} failed; production is still served by ${serving.join(" and ") || "no release"}.`,
      cause,
      `Fix: correct the cause, then run: lockstep redrive ${rollback}. To roll back to another release, run: lockstep rollback <release>. To keep the current release, run: lockstep unlock`,
    ].join("\n"),
  );
}
