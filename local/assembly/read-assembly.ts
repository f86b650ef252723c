import { readFileSync, realpathSync } from "node:fs";
import path from "node:path";
import * as z from "zod";
import { AssemblyInvalid } from "./errors.ts";
import type { Json } from "./json.ts";

const json = z.json() as z.ZodType<Json>; // zod's own JSON type, readonly here

const deletionPolicy = z.literal(["Delete", "Retain", "RetainExceptOnCreate", "Snapshot"]).default("Delete");

const resource = z.looseObject({
  Type: z.string(),
  Properties: z.record(z.string(), json).default({}),
  DependsOn: z
    .union([z.string(), z.array(z.string())])
    .transform((value) => (typeof value === "string" ? [value] : value))
    .default([]),
  Condition: z.string().optional(),
  DeletionPolicy: deletionPolicy,
  UpdateReplacePolicy: deletionPolicy,
});

const template = z.strictObject({
  AWSTemplateFormatVersion: z.string().optional(),
  Description: z.string().optional(),
  Metadata: json.optional(),
  Parameters: z.record(z.string(), z.looseObject({ Type: z.string(), Default: json.optional() })).default({}),
  Mappings: z.record(z.string(), z.record(z.string(), z.record(z.string(), json))).default({}),
  Conditions: z.record(z.string(), json).default({}),
  // Rules check parameters at deployment; the CDK's only one requires the bootstrap stack, which the local cloud does not need.
  Rules: json.optional(),
  Resources: z.record(z.string(), resource),
  Outputs: z
    .record(z.string(), z.looseObject({ Value: json, Export: z.object({ Name: json }).optional() }))
    .default({}),
});

const manifest = z.looseObject({
  version: z.string(),
  artifacts: z.record(
    z.string(),
    z.looseObject({
      type: z.string(),
      dependencies: z.array(z.string()).default([]),
      properties: z
        .looseObject({
          templateFile: z.string().optional(),
          stackName: z.string().optional(),
          file: z.string().optional(),
        })
        .default({}),
    }),
  ),
});

const assetManifest = z.looseObject({
  files: z
    .record(
      z.string(),
      z.looseObject({
        source: z.looseObject({ path: z.string().optional() }),
        destinations: z.record(z.string(), z.looseObject({ objectKey: z.string() })),
      }),
    )
    .default({}),
});

export type TemplateResource = z.output<typeof resource>;
export type Template = z.output<typeof template>;

export interface AssemblyStack {
  name: string;
  template: Template;
}

export interface Assembly {
  directory: string;
  /** In dependency order. */
  stacks: AssemblyStack[];
  /** Path of a file asset by its S3 object key. */
  assets: ReadonlyMap<string, string>;
}

/** Reads a CDK cloud assembly (`cdk.out`): https://github.com/aws/aws-cdk-cli/tree/main/packages/%40aws-cdk/cloud-assembly-schema */
export function readAssembly(directory: string): Assembly {
  const root = readable(() => realpathSync(directory), `The cloud assembly ${directory} does not exist`);
  const { artifacts } = parse(manifest, path.join(root, "manifest.json"));
  const stacks = new Map<string, AssemblyStack>();
  const assets = new Map<string, string>();
  const visit = (id: string): void => {
    const artifact = artifacts[id];
    if (!artifact || stacks.has(id)) return;
    artifact.dependencies.forEach(visit);
    const { templateFile, stackName, file } = artifact.properties;
    if (artifact.type === "cdk:asset-manifest" && file) addAssets(assets, root, file);
    if (artifact.type !== "aws:cloudformation:stack" || !templateFile) return;
    stacks.set(id, { name: stackName ?? id, template: parse(template, within(root, templateFile)) });
  };
  Object.keys(artifacts).forEach(visit);
  if (stacks.size === 0) throw new AssemblyInvalid(`The cloud assembly ${directory} contains no CloudFormation stack`);
  return { directory: root, stacks: [...stacks.values()], assets };
}

function addAssets(assets: Map<string, string>, root: string, file: string): void {
  for (const { source, destinations } of Object.values(parse(assetManifest, within(root, file)).files)) {
    if (!source.path) continue;
    for (const { objectKey } of Object.values(destinations)) assets.set(objectKey, within(root, source.path));
  }
}

/** Refuses a path outside the assembly, also one through a symbolic link. */
function within(root: string, relative: string): string {
  const resolved = readable(
    () => realpathSync(path.join(root, relative)),
    `The cloud assembly refers to ${relative}, which does not exist`,
  );
  if (resolved !== root && !resolved.startsWith(root + path.sep)) {
    throw new AssemblyInvalid(`The cloud assembly refers to ${relative}, which is outside of it`);
  }
  return resolved;
}

function parse<T>(schema: z.ZodType<T>, file: string): T {
  const text = readable(() => readFileSync(file, "utf8"), `${file} could not be read`);
  const result = schema.safeParse(readable(() => JSON.parse(text), `${file} is not valid JSON`));
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new AssemblyInvalid(`${file} is not valid: ${issue?.path.join("/")}: ${issue?.message}`);
}

function readable<T>(read: () => T, message: string): T {
  try {
    return read();
  } catch (cause) {
    throw new AssemblyInvalid(`${message} (${cause instanceof Error ? cause.message : String(cause)})`, { cause });
  }
}
