import { paginateListExecutions } from "@aws-sdk/client-sfn";
import { Listr } from "listr2";
import { setTimeout as pause } from "node:timers/promises";
import { stepNames } from "../../lambdas/core/record.ts";
import type { Clients } from "../stage/clients.ts";
import { executionProgress, type ExecutionProgress, type StepProgress } from "./progress.ts";
import { machineArn } from "../stage/identity.ts";
import type { Stage } from "../stage/stage.ts";

/** A deployment did not succeed: the step, the error's name and its cause, which says what to do. */
export class DeploymentFailed extends Error {
  override readonly name = "DeploymentFailed";
}

/** Step Functions answers some calls a second to an account; nobody else asks the local one. */
export function pollMilliseconds({ local }: Clients): number {
  return local ? 200 : 2_000;
}

/** The execution that a push of this commit started; waits for it to appear. */
export async function findExecution(clients: Clients, stage: Stage, commit: string): Promise<string> {
  const stateMachineArn = await deployMachineArn(clients, stage);
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline) {
    for await (const page of paginateListExecutions({ client: clients.sfn }, { stateMachineArn })) {
      const found = page.executions?.find(({ name }) => name?.startsWith(commit.slice(0, 8)));
      if (found?.executionArn) return found.executionArn;
    }
    await pause(pollMilliseconds(clients));
  }
  throw new DeploymentFailed(
    `The push of ${commit.slice(0, 8)} started no deployment within 30 s; \`npx lockstep status\` tells what is known.`,
  );
}

export function deployMachineArn(clients: Clients, stage: Stage): Promise<string> {
  return machineArn(clients, stage, "deploy");
}

/** Shows a deployment step by step until it ends. Throws DeploymentFailed when it does not succeed. */
export async function followDeployment(clients: Clients, executionArn: string): Promise<"deployed" | "superseded"> {
  const progress = await showSteps(clients, executionArn, stepNames);
  if (progress.status !== "SUCCEEDED") throw new DeploymentFailed(tellFailure(progress));
  return progress.last === "Superseded" ? "superseded" : "deployed";
}

const hints: Readonly<Record<string, string>> = { Approve: "lockstep approve, or lockstep reject" };

/** Shows an execution step by step until it has ended, however it ends. */
export async function showSteps(
  clients: Clients,
  executionArn: string,
  names: readonly string[],
): Promise<ExecutionProgress> {
  let progress: ExecutionProgress = { status: "RUNNING", steps: [], last: undefined };
  const tasks = names.map((name) => ({
    title: name,
    task: async (_context: unknown, task: { title: string; skip(message: string): void }) => {
      for (; ; await pause(pollMilliseconds(clients))) {
        progress = await executionProgress(clients, executionArn);
        const step = progress.steps.find((candidate) => candidate.name === name);
        if (step?.endedAt) return void (task.title = `${name.padEnd(15)} ${seconds(step, step.endedAt)}`);
        if (passed(progress, names, name)) return task.skip(`${name.padEnd(15)} not needed`);
        if (progress.status !== "RUNNING") throw new Error(`${progress.status} at ${name}`);
        if (step) task.title = `${name.padEnd(15)} ${seconds(step, new Date())}   ${hints[name] ?? ""}`.trimEnd();
      }
    },
  }));
  await new Listr(tasks, {
    concurrent: false,
    registerSignalListeners: false,
    rendererOptions: { collapseSkips: true, collapseErrors: false, showErrorMessage: false },
    fallbackRenderer: "simple",
  })
    .run()
    .catch((error: unknown) => {
      // A step that failed has been shown; what could not be asked is another matter.
      if (progress.status === "RUNNING") throw error;
    });
  return progress;
}

/** The same for who shows nothing. */
export async function awaitEnd(clients: Clients, executionArn: string): Promise<ExecutionProgress> {
  for (; ; await pause(pollMilliseconds(clients))) {
    const progress = await executionProgress(clients, executionArn);
    if (progress.status !== "RUNNING") return progress;
  }
}

/** A later step has begun, or the execution ended well without this one. */
function passed({ status, steps }: ExecutionProgress, names: readonly string[], name: string): boolean {
  const later = names.slice(names.indexOf(name) + 1);
  return status === "SUCCEEDED" || steps.some((step) => later.includes(step.name));
}

export function tellFailure({ status, steps, error, cause }: ExecutionProgress): string {
  const at = steps.at(-1)?.name ?? "the start";
  return `${status} at ${at}: ${error ?? "no error was told"}\n${cause ?? ""}`.trim();
}

function seconds({ startedAt }: StepProgress, end: Date): string {
  return `${((end.getTime() - startedAt.getTime()) / 1000).toFixed(1).padStart(6)} s`;
}
