import { StopBuildCommand } from "@aws-sdk/client-codebuild";
import type * as z from "zod/mini";
import { type Action, assess } from "../decide-actions.ts";
import {
  createDeployment,
  endBake,
  findDeployments,
  openDeployment,
  stopDeployment,
} from "../../traffic/blue-green.ts";
import { describeRedeployment } from "../../traffic/deployment-description.ts";
import { RollbackFailed } from "../../core/errors.ts";
import type { RollbackPorts, RollbackWork } from "../rollback.ts";
import { gatherFacts, type StagePorts } from "../stage-facts.ts";
import { describeShift, shiftError } from "../../traffic/traffic.ts";
import type { environment, RestoreTrafficOutput } from "./contract.ts";

interface RestorePorts extends RollbackPorts, Omit<StagePorts, "settings"> {
  readonly settings: z.infer<typeof environment>;
}

/** Does what is left to do, each time from what is true then; done when nothing is left. */
export function restoreTraffic(ports: RestorePorts) {
  return async (work: RollbackWork): Promise<RestoreTrafficOutput> => {
    await work.holdLock();
    const actions = assess(await gatherFacts(ports, work.record));
    for (const action of actions) await carryOut(ports, work, action);
    ports.log.info("Assessed", { actions });
    return { restored: actions.length === 0 };
  };
}

async function carryOut(ports: RestorePorts, work: RollbackWork, action: Action): Promise<void> {
  switch (action.kind) {
    case "stop build":
      await work.holdLock();
      await ports.codeBuild.send(new StopBuildCommand({ id: action.id }));
      return;
    case "stop shift":
      await work.holdLock();
      await stopDeployment(ports, action.id);
      return;
    case "redeploy":
      return redeploy(ports, work, action.taskDefinition);
    case "give up":
      throw new RollbackFailed(action.reason);
    case "await deployment":
      return makeRoom(ports, work, action.id);
    case "await migration":
      return;
  }
}

async function redeploy(ports: RestorePorts, work: RollbackWork, taskDefinitionArn: string): Promise<void> {
  const { record, attempt, input } = work;
  if (!record.to) throw new Error(`Rollback ${input.rollback} has no release to deploy again`);
  const description = describeRedeployment(record.to, { rollback: input.rollback, attempt });
  const since = new Date(Date.parse(record.startedAt) - 60_000);
  const own = (await findDeployments(ports, { createTimeRange: { start: since } })).find(
    (info) => info.description === description,
  );
  if (own?.deploymentId) return judge(ports, own.deploymentId);
  await work.holdLock();
  const created = await createDeployment(ports, {
    taskDefinitionArn,
    description,
    allAtOnce: true,
    ignoresAlarms: true,
  });
  if (created) await work.remember({ redeployment: { codeDeployDeploymentId: created, attempt } });
}

/** The group is free and traffic is not where it should be, so the redeployment of this attempt has ended badly. */
async function judge({ codeDeploy, settings }: RestorePorts, deploymentId: string): Promise<void> {
  const { state, info } = await describeShift(codeDeploy, settings, deploymentId);
  if (state === "open") return;
  const why = shiftError(info).message;
  throw new RollbackFailed(
    `The earlier release could not be deployed again. ${why}\nCorrect what is told there, then redrive this execution.`,
  );
}

/** A deployment that only keeps its blue alive is told to end that. */
async function makeRoom(ports: RestorePorts, work: RollbackWork, id: string): Promise<void> {
  const open = await openDeployment(ports);
  if (open?.deploymentId !== id || open.creator === "codeDeployRollback") return;
  const { baking } = await describeShift(ports.codeDeploy, ports.settings, id);
  if (!baking) return;
  await work.holdLock();
  await endBake(ports, id);
}
