import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { default as middy } from "@middy/core";
import type * as z from "zod/mini";
import { logger, openDeps, settings } from "./clients.ts";
import { type Deps, deployments, type Journal } from "./journal.ts";
import type { ExecutionRecord } from "./record.ts";
import { type Step, step, steps } from "./step.ts";

/** The handler of a function: checks its environment, builds it once, and adds the Lambda context to its log lines. */
export function functionHandler<Environment extends z.ZodMiniType, Output>(
  build: (settings: z.output<Environment>) => (event: unknown) => Promise<Output>,
  environment: Environment,
) {
  return middy(build(settings(environment))).use(injectLambdaContext(logger));
}

/** The handler of one step of the deploy machine. */
export function stepHandler<Environment extends z.ZodMiniType>(
  build: (settings: z.output<Environment>, deps: Deps) => Step,
  environment: Environment,
) {
  return functionHandler((settings) => {
    const deps = openDeps();
    return step(deployments, build(settings, deps), deps);
  }, environment);
}

/** The handler of several steps of a machine, which names the one to run. */
export function stepsHandler<Environment extends z.ZodMiniType, Input, Item extends ExecutionRecord>(
  journal: Journal<Input, Item>,
  build: (settings: z.output<Environment>, deps: Deps) => readonly Step<Item>[],
  environment: Environment,
) {
  return functionHandler((settings) => {
    const deps = openDeps();
    return steps(journal, build(settings, deps), deps);
  }, environment);
}
