import { readAssembly } from "#local/assembly/index.ts";
import { checkDefinition } from "#local/services/sfn/check-definition.ts";
import * as z from "zod";
import type { ConfigInput } from "../../lib/config/index.ts";
import { configurations } from "./configurations.ts";
import type { Proof } from "./proof.ts";
import { synthesizeApp } from "./synthesize-app.ts";

const properties = z.object({
  DefinitionString: z.string(),
  DefinitionSubstitutions: z.record(z.string(), z.unknown()),
});
const seconds = z.unknown().optional();
const state = z.object({
  Type: z.string(),
  Resource: z.string().default(""),
  TimeoutSeconds: seconds,
  HeartbeatSeconds: seconds,
});
const definition = z.object({ TimeoutSeconds: seconds, States: z.record(z.string(), state) });

/** The definitions as CloudFormation substitutes them: valid Amazon States Language, in which every wait has an end. */
export const stateMachines = (chosen: Readonly<Record<string, ConfigInput>> = configurations): Proof => ({
  name: "State machines",
  async run() {
    const machines = Object.values(chosen).flatMap((config) => definitionsOf(config));
    const states = machines.flatMap((text) => Object.keys(definition.parse(JSON.parse(text)).States));
    return {
      checked: `${machines.length} definitions with ${states.length} states`,
      findings: [...new Set(machines.flatMap(definitionProblems))],
    };
  },
});

function definitionsOf(config: ConfigInput): string[] {
  return readAssembly(synthesizeApp(config).directory).stacks.flatMap(({ template }) =>
    Object.values(template.Resources)
      .filter(({ Type }) => Type === "AWS::StepFunctions::StateMachine")
      .map(({ Properties }) => substituted(properties.parse(Properties))),
  );
}

function substituted({ DefinitionString, DefinitionSubstitutions }: z.output<typeof properties>): string {
  return DefinitionString.replaceAll(/\$\{(\w+)\}/g, (whole, name: string) => {
    const value = DefinitionSubstitutions[name];
    if (value === undefined) return whole;
    return typeof value === "string" ? value : `arn:aws:lambda:eu-west-1:111122223333:function:${name}`;
  });
}

export function definitionProblems(text: string): string[] {
  const { TimeoutSeconds, States } = definition.parse(JSON.parse(text));
  return [
    ...checkDefinition(text).problems.map(({ location, message }) => `${location}: ${message}`),
    ...[...text.matchAll(/\$\{\w+\}/g)].map(([name]) => `${name} is not substituted`),
    ...[...text.matchAll(/"\{% *-?[\d.]+ *%\}"/g)].map(([number]) => `${number} is a number: no expression is needed`),
    ...(TimeoutSeconds === undefined ? ["The execution has no TimeoutSeconds"] : []),
    ...Object.entries(States).flatMap(([name, state]) => (state.Type === "Task" ? waitProblems(name, state) : [])),
  ];
}

function waitProblems(name: string, task: z.output<typeof state>): string[] {
  const { Resource, TimeoutSeconds: timeout, HeartbeatSeconds: heartbeat } = task;
  if (typeof timeout !== "number") return [`${name} has no TimeoutSeconds`];
  if (!Resource.endsWith(".waitForTaskToken")) return [];
  if (typeof heartbeat !== "number") return [`${name} has no HeartbeatSeconds`];
  return heartbeat < timeout ? [] : [`${name} has HeartbeatSeconds of its TimeoutSeconds or more`];
}
