import { paginateListExecutions } from "@aws-sdk/client-sfn";
import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import { Listr } from "listr2";
import { setTimeout as pause } from "node:timers/promises";
import { stepNames } from "../lambdas/shared/record.ts";
import type { Clients } from "./clients.ts";
import { executionProgress, type ExecutionProgress, type StepProgress } from "./deployments.ts";
import type { Stage } from "./names.ts";

const pollMilliseconds = 200;

/** A deployment did not succeed: the step, the error's name and its cause, which says what to do. */
export class DeploymentFailed extends Error {
  override readonly name = "DeploymentFailed";
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
    await pause(pollMilliseconds);
  }
  throw new DeploymentFailed(
    `The push of ${commit.slice(0, 8)} started no deployment within 30 s; \`npx lockstep status\` tells what is known.`,
  );
}

export async function deployMachineArn({ local, sfn, sts }: Clients, { prefix }: Stage): Promise<string> {
  const account = local?.accountId ?? (await sts.send(new GetCallerIdentityCommand({}))).Account;
  return `arn:aws:states:${local?.region ?? (await sfn.config.region())}:${account}:stateMachine:${prefix}-deploy`;
}

/** Shows a deployment step by step until it ends. Throws DeploymentFailed when it does not succeed. */
export async function followDeployment(clients: Clients, executionArn: string): Promise<"deployed" | "superseded"> {
  let progress: ExecutionProgress = { status: "RUNNING", steps: [], last: undefined };
  const refresh = async () => {
    progress = await executionProgress(clients, executionArn);
  };
  const tasks = stepNames.map((name) => ({
    title: name,
    task: async (_context: unknown, task: { title: string; skip(message: string): void }) => {
      for (; ; await pause(pollMilliseconds)) {
        await refresh();
        const step = progress.steps.find((candidate) => candidate.name === name);
        if (step?.endedAt) return void (task.title = `${name.padEnd(14)} ${seconds(step, step.endedAt)}`);
        if (passed(progress, name)) return task.skip(`${name.padEnd(14)} not needed`);
        if (progress.status !== "RUNNING") throw failure(progress);
        if (step) task.title = `${name.padEnd(14)} ${seconds(step, new Date())}`;
      }
    },
  }));
  await new Listr(tasks, {
    concurrent: false,
    rendererOptions: { collapseSkips: true, collapseErrors: false, showErrorMessage: false },
    fallbackRenderer: "simple",
  }).run();
  return progress.last === "Superseded" ? "superseded" : "deployed";
}

/** A later step has begun, or the execution ended well without this one. */
function passed({ status, steps }: ExecutionProgress, name: string): boolean {
  const later = stepNames.slice(stepNames.findIndex((step) => step === name) + 1);
  return status === "SUCCEEDED" || steps.some((step) => later.some((one) => one === step.name));
}

function failure({ status, steps, error, cause }: ExecutionProgress): DeploymentFailed {
  const at = steps.at(-1)?.name ?? "the start";
  return new DeploymentFailed(`${status} at ${at}: ${error ?? "no error was told"}\n${cause ?? ""}`.trim());
}

function seconds({ startedAt }: StepProgress, end: Date): string {
  return `${((end.getTime() - startedAt.getTime()) / 1000).toFixed(1).padStart(6)} s`;
}
