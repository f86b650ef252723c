import { BatchGetBuildsCommand, CodeBuildClient, ListBuildsCommand } from "@aws-sdk/client-codebuild";
import { CodeDeployClient, GetDeploymentTargetCommand, ListDeploymentsCommand } from "@aws-sdk/client-codedeploy";
import { type HistoryEvent, paginateGetExecutionHistory, SFNClient } from "@aws-sdk/client-sfn";
import type { Stage } from "#test/support/stage.ts";

const prefix = "storefront-production";

/** Duration of each phase of the newest deployment in seconds, and `total`: from `begun` until AllowTraffic succeeded. */
export async function timesOfDeployment(
  stage: Stage,
  executionArn: string,
  begun: number,
): Promise<Record<string, number>> {
  const events = await history(stage, executionArn);
  const shift = await lifecycle(stage);
  const states = stateTimes(events);
  const started = events[0]?.timestamp?.getTime() ?? Number.NaN;
  const shiftStarted = enteredAt(events, "Shift traffic");
  const firstEvent = shift[0]?.start ?? Number.NaN;
  return {
    "push until the execution starts": (started - begun) / 1000,
    ...states,
    ...prefixed("Build", await buildPhases(stage)),
    "Shift traffic: until CodeDeploy starts": (firstEvent - shiftStarted) / 1000,
    ...prefixed("Shift traffic", Object.fromEntries(shift.map(({ name, start, end }) => [name, (end - start) / 1000]))),
    total: ((shift.find(({ name }) => name === "AllowTraffic")?.end ?? Number.NaN) - begun) / 1000,
  };
}

async function history(stage: Stage, executionArn: string): Promise<HistoryEvent[]> {
  const client = await stage.client(SFNClient);
  const events: HistoryEvent[] = [];
  for await (const page of paginateGetExecutionHistory({ client }, { executionArn }))
    events.push(...(page.events ?? []));
  return events;
}

function stateTimes(events: readonly HistoryEvent[]): Record<string, number> {
  const exits = events.filter(({ type }) => type === "TaskStateExited");
  return Object.fromEntries(
    exits.map(({ timestamp, stateExitedEventDetails }) => {
      const name = stateExitedEventDetails?.name ?? "";
      return [name, ((timestamp?.getTime() ?? Number.NaN) - enteredAt(events, name)) / 1000];
    }),
  );
}

function enteredAt(events: readonly HistoryEvent[], name: string): number {
  const entered = events.find(({ stateEnteredEventDetails }) => stateEnteredEventDetails?.name === name);
  return entered?.timestamp?.getTime() ?? Number.NaN;
}

async function buildPhases(stage: Stage): Promise<Record<string, number>> {
  const client = await stage.client(CodeBuildClient);
  const { ids = [] } = await client.send(new ListBuildsCommand({ sortOrder: "DESCENDING" }));
  const { builds = [] } = await client.send(new BatchGetBuildsCommand({ ids: ids.slice(0, 1) }));
  const phases = builds[0]?.phases ?? [];
  return Object.fromEntries(
    phases.flatMap(({ phaseType = "", startTime, endTime }) =>
      startTime && endTime ? [[phaseType, (endTime.getTime() - startTime.getTime()) / 1000]] : [],
    ),
  );
}

interface LifecycleTime {
  name: string;
  start: number;
  end: number;
}

async function lifecycle(stage: Stage): Promise<LifecycleTime[]> {
  const client = await stage.client(CodeDeployClient);
  const group = { applicationName: prefix, deploymentGroupName: prefix };
  const { deployments = [] } = await client.send(new ListDeploymentsCommand(group));
  const target = { deploymentId: deployments[0], targetId: `${prefix}:${prefix}` };
  const { deploymentTarget } = await client.send(new GetDeploymentTargetCommand(target));
  return (deploymentTarget?.ecsTarget?.lifecycleEvents ?? []).map(
    ({ lifecycleEventName = "", startTime, endTime }) => ({
      name: lifecycleEventName,
      start: startTime?.getTime() ?? Number.NaN,
      end: endTime?.getTime() ?? Number.NaN,
    }),
  );
}

const prefixed = (prefix: string, times: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(times).map(([name, seconds]) => [`${prefix}: ${name}`, seconds]));
