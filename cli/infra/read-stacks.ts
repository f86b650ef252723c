import { readFileSync } from "node:fs";
import path from "node:path";
import * as z from "zod";

const resource = z.looseObject({
  Type: z.string(),
  Properties: z.record(z.string(), z.json()).optional(),
});
const template = z.looseObject({
  Resources: z.record(z.string(), resource).default({}),
  Outputs: z
    .record(z.string(), z.looseObject({ Value: z.json(), Export: z.object({ Name: z.json() }).optional() }))
    .default({}),
});

export type Resource = z.output<typeof resource>;
export type Template = z.output<typeof template>;

/** A stack of the cloud assembly. */
export interface AssemblyStack {
  name: string;
  template: Template;
  /** The version of the CDK's bootstrap stack that it needs, and the parameter that has the actual one. */
  bootstrap: { version: number; parameter: string };
}

const manifest = z.object({
  artifacts: z.record(
    z.string(),
    z.object({
      type: z.string(),
      dependencies: z.array(z.string()).default([]),
      properties: z
        .object({
          templateFile: z.string().optional(),
          stackName: z.string().optional(),
          tags: z.record(z.string(), z.string()).default({}),
          requiresBootstrapStackVersion: z.number().default(0),
          bootstrapStackVersionSsmParameter: z.string().default("/cdk-bootstrap/hnb659fds/version"),
        })
        .prefault({}),
    }),
  ),
});

/** The stacks of a stage, and those that all stages share, in the order in which they are deployed. */
export function readStacks(assembly: string, stageName: string): AssemblyStack[] {
  const read = (file: string): unknown => JSON.parse(readFileSync(path.join(assembly, file), "utf8"));
  const { artifacts } = manifest.parse(read("manifest.json"));
  const stacks = new Map<string, AssemblyStack>();
  const visit = (id: string): void => {
    const artifact = artifacts[id];
    if (!artifact || stacks.has(id)) return;
    artifact.dependencies.forEach(visit);
    const { templateFile, stackName = id, tags, ...properties } = artifact.properties;
    const isOfStage = (tags["lockstep:stage"] ?? stageName) === stageName;
    if (artifact.type !== "aws:cloudformation:stack" || !templateFile || !isOfStage) return;
    const { requiresBootstrapStackVersion: version, bootstrapStackVersionSsmParameter: parameter } = properties;
    const bootstrap = { version, parameter };
    stacks.set(id, { name: stackName, template: template.parse(read(templateFile)), bootstrap });
  };
  Object.keys(artifacts).forEach(visit);
  return [...stacks.values()];
}

/** The names of all stacks of the assembly. */
export function stackNames(assembly: string): string[] {
  const { artifacts } = manifest.parse(JSON.parse(readFileSync(path.join(assembly, "manifest.json"), "utf8")));
  return Object.entries(artifacts)
    .filter(([, { type }]) => type === "aws:cloudformation:stack")
    .map(([id, { properties }]) => properties.stackName ?? id);
}

export const parseTemplate = (body: string): Template => template.parse(JSON.parse(body));
