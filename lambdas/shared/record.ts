import * as z from "zod/mini";
import type { Key, Table } from "./table.ts";

export const stepNames = [
  "Acquire lock",
  "Build",
  "Plan",
  "Snapshot",
  "Migrate",
  "Shift traffic",
  "Probe",
  "Bake",
  "Finish",
] as const;
export type StepName = (typeof stepNames)[number];

/** What the machine is started with. */
export const push = z.object({
  deployment: z.string(),
  repository: z.string(),
  branch: z.string(),
  commit: z.string(),
  /** Where the branch stood before: puts pushes of the same second in order. */
  previousCommit: z.optional(z.string()),
  pushedAt: z.string(),
});
export type Push = z.infer<typeof push>;

export const migration = z.object({ tag: z.string(), when: z.number() });
const attempt = z.number();

/** One deployment, as its steps write it down. `attempt` is the redrive count under which an effect was started. */
export const deploymentRecord = z.object({
  ...push.shape,
  status: z.enum(["running", "succeeded", "failed", "superseded"]),
  execution: z.string(),
  attempt,
  createdAt: z.string(),
  endedAt: z.optional(z.string()),
  generation: z.optional(z.number()),
  author: z.optional(z.string()),
  message: z.optional(z.string()),
  steps: z.record(z.string(), z.object({ startedAt: z.string(), endedAt: z.optional(z.string()), attempt })),
  failure: z.optional(z.object({ step: z.string(), error: z.string(), cause: z.string() })),
  supersededBy: z.optional(z.string()),
  build: z.optional(z.object({ id: z.string(), attempt })),
  image: z.optional(
    z.object({
      uri: z.string(),
      digest: z.string(),
      migrations: z.array(migration),
      migrationCount: z.number(),
      requiredVariables: z.array(z.string()),
    }),
  ),
  plan: z.optional(
    z.object({
      pending: z.array(z.string()),
      pendingCount: z.number(),
      snapshot: z.boolean(),
      migrate: z.boolean(),
      secretVariables: z.array(z.string()),
      previous: z.optional(z.object({ deployment: z.string(), commit: z.string() })),
    }),
  ),
  snapshot: z.optional(z.object({ id: z.string(), attempt })),
  migration: z.optional(
    z.object({
      taskDefinitionArn: z.string(),
      taskArn: z.optional(z.string()),
      attempt,
      appliedAt: z.optional(z.string()),
    }),
  ),
  taskDefinition: z.optional(z.object({ arn: z.string(), attempt })),
  shift: z.optional(z.object({ codeDeployDeploymentId: z.string(), attempt, givenUp: z.optional(z.string()) })),
  greenProbe: z.optional(z.object({ ok: z.boolean(), saw: z.string() })),
});
export type DeploymentRecord = z.infer<typeof deploymentRecord>;

/** The last known good release, and the history of those before it. */
const releaseRecord = z.object({
  deployment: z.string(),
  commit: z.string(),
  previousCommit: z.optional(z.string()),
  pushedAt: z.string(),
  imageUri: z.string(),
  imageDigest: z.string(),
  taskDefinitionArn: z.string(),
  deployedAt: z.string(),
});
export type ReleaseRecord = z.infer<typeof releaseRecord>;

/** The fate of a push that no stage follows. */
const ignoredPush = z.object({
  status: z.literal("ignored"),
  reason: z.string(),
  repository: z.string(),
  reference: z.string(),
  commit: z.optional(z.string()),
  pushedAt: z.string(),
});
export type IgnoredPush = z.infer<typeof ignoredPush>;

/** What a step adds to the record. */
export type Facts = Readonly<Partial<Omit<DeploymentRecord, "steps">>>;

export const currentRelease: Key = { pk: "release", sk: "current" };

export function deploymentKey(deployment: string): Key {
  return { pk: "deployment", sk: deployment };
}

export async function loadRecord(table: Table, deployment: string): Promise<DeploymentRecord | undefined> {
  const item = await table.get(deploymentKey(deployment));
  return item && z.parse(deploymentRecord, item);
}

export async function loadRelease(table: Table): Promise<ReleaseRecord | undefined> {
  const item = await table.get(currentRelease);
  return item && z.parse(releaseRecord, item);
}
