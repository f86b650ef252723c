import * as z from "zod/mini";
import type { Key, Table } from "./table.ts";

export const stepNames = [
  "Acquire lock",
  "Build",
  "Plan",
  "Approve",
  "Publish assets",
  "Snapshot",
  "Migrate",
  "Verify migrations",
  "Shift traffic",
  "Probe",
  "Bake",
  "Finish",
] as const;
export type StepName = (typeof stepNames)[number];

export const rollbackStepNames = ["Assess", "Restore traffic", "Probe", "Close"] as const;

/** Input of the deploy machine. */
export const push = z.object({
  deployment: z.string(),
  repository: z.string(),
  branch: z.string(),
  commit: z.string(),
  /** The previous head of the branch: orders pushes of the same second. */
  previousCommit: z.optional(z.string()),
  pushedAt: z.string(),
  /** ARN of the person who started it without a push. */
  requestedBy: z.optional(z.string()),
  /** Deploys the image of the live release again, with the current variables, secrets and settings. */
  configOnly: z.optional(z.boolean()),
});
export type Push = z.infer<typeof push>;

export const rollbackOutcomes = ["running", "nothing-to-undo", "rolled-back", "failed"] as const;
export const migration = z.object({
  /** Under which the tool records it, except for Drizzle before 1.0, which records `when`. */
  tag: z.string(),
  /** Milliseconds since 1970. */
  when: z.optional(z.number()),
  /** The first digits of the SHA-256 of its file, of tools that record it. */
  hash: z.optional(z.string()),
  /** drizzle-orm 1.0 records it under its name. */
  byName: z.optional(z.boolean()),
  /** Written in a programming language: it has no SQL that the build could check. */
  isCode: z.optional(z.boolean()),
});
export type Migration = z.infer<typeof migration>;
/** A finding of the migration lint of the build; release-kit/lint/rules.ts describes the rules. */
export const finding = z.object({
  tag: z.string(),
  line: z.number(),
  rule: z.string(),
  what: z.string(),
  relation: z.optional(z.string()),
  constraint: z.optional(z.string()),
  createdIn: z.optional(z.string()),
});
export type Finding = z.infer<typeof finding>;
/** The findings of a build, and how many more of a migration it could not export. */
export const findings = z.object({
  findings: z.array(finding),
  more: z.optional(z.record(z.string(), z.number())),
});
export type Findings = z.infer<typeof findings>;
const attempt = z.number();

/** What the records of all machines have in common. `attempt` is the redrive count under which something was started. */
export const executionRecord = {
  execution: z.string(),
  attempt: z.number(),
  endedAt: z.optional(z.string()),
  generation: z.optional(z.number()),
  /** Each step's latest run. */
  steps: z.record(
    z.string(),
    z.object({ startedAt: z.string(), endedAt: z.optional(z.string()), attempt: z.number() }),
  ),
  /** What the current step waits for, for people. */
  waitsFor: z.optional(z.string()),
  failure: z.optional(z.object({ step: z.string(), error: z.string(), cause: z.string() })),
  /** Who redrove it; the oldest first. */
  redrives: z.optional(z.array(z.object({ by: z.string(), at: z.string() }))),
};
const commonFields = z.object(executionRecord);
export type ExecutionRecord = z.infer<typeof commonFields> & { readonly status: string };

/** Write counters of a database since it was created; the difference of two is what was written in between. */
const writeCounters = z.object({
  /** Transactions with an id: those that wrote, also if they were rolled back. */
  transactions: z.number(),
  /** Rows inserted, updated and deleted in tables of the app. A crash of the server resets them. */
  rows: z.number(),
});
export type WriteCounters = z.infer<typeof writeCounters>;

/** One deployment. */
export const deploymentRecord = z.object({
  ...push.shape,
  ...executionRecord,
  status: z.enum(["running", "succeeded", "failed", "superseded"]),
  createdAt: z.string(),
  author: z.optional(z.string()),
  message: z.optional(z.string()),
  /** Risks that the commit allows. */
  allows: z.optional(z.array(z.string())),
  supersededBy: z.optional(z.string()),
  /** Since when the stage was frozen by the freeze that was announced for this deployment. */
  heldSince: z.optional(z.string()),
  /** `liveImage`: digest of the image that was live when it started. */
  build: z.optional(z.object({ id: z.string(), attempt, liveImage: z.optional(z.string()) })),
  image: z.optional(
    z.object({
      uri: z.string(),
      digest: z.string(),
      migrations: z.array(migration),
      migrationCount: z.number(),
      /** Missing if the app's own buildspec does not lint. */
      findings: z.optional(findings),
      requiredVariables: z.array(z.string()),
      /** Globs of the files that it was built from, of an app in a folder of its repository. */
      watchedPaths: z.optional(z.array(z.string())),
      /** The image `liveImage` with the hashed assets of this one added; missing if it has them. */
      assets: z.optional(z.object({ digest: z.string(), liveImage: z.string() })),
    }),
  ),
  plan: z.optional(
    z.object({
      pending: z.array(z.string()),
      pendingCount: z.number(),
      snapshot: z.boolean(),
      migrate: z.boolean(),
      assets: z.optional(z.boolean()),
      secretVariables: z.array(z.string()),
      /** Version of the secret that holds them, which the tasks of the release read. */
      secretVersion: z.optional(z.string()),
      /** Warnings that do not stop the deployment. */
      notes: z.optional(z.array(z.string())),
      /** What the pending migrations, also those of earlier attempts, mean for the releases before. */
      compatibility: z.optional(z.object({ breaks: z.array(z.string()), unchecked: z.array(z.string()) })),
      previous: z.optional(z.object({ deployment: z.string(), commit: z.string() })),
    }),
  ),
  /** Approval times out at `until`. */
  approvalRequest: z.optional(z.object({ requestedAt: z.string(), until: z.string(), attempt })),
  /** Written by `lockstep approve` and `reject`: the first decision is final. `by` is the ARN of the caller. */
  approval: z.optional(
    z.object({
      decision: z.enum(["approved", "rejected"]),
      by: z.string(),
      at: z.string(),
      attempt,
      reason: z.optional(z.string()),
    }),
  ),
  /** The CodeDeploy deployment of the live release with the assets of this one. */
  assets: z.optional(
    z.object({
      taskDefinitionArn: z.string(),
      codeDeployDeploymentId: z.optional(z.string()),
      attempt,
      abortReason: z.optional(z.string()),
    }),
  ),
  /** Just before the first snapshot was taken. */
  counters: z.optional(writeCounters),
  /** At the same time: the migrations of the image that the database did not have. */
  pendingAtSnapshot: z.optional(z.array(z.string())),
  /** `retry`: how many snapshots of this attempt have failed. */
  snapshot: z.optional(z.object({ id: z.string(), attempt, retry: z.optional(z.number()) })),
  migration: z.optional(
    z.object({
      taskDefinitionArn: z.string(),
      taskArn: z.optional(z.string()),
      attempt,
      appliedAt: z.optional(z.string()),
      /** Its task succeeded without applying all pending migrations. */
      incomplete: z.optional(z.boolean()),
      /** Why the task was stopped. */
      abortReason: z.optional(z.string()),
    }),
  ),
  taskDefinition: z.optional(z.object({ arn: z.string(), attempt })),
  shift: z.optional(z.object({ codeDeployDeploymentId: z.string(), attempt, abortReason: z.optional(z.string()) })),
  /** The rollback of the deployment after it failed. */
  rollback: z.optional(z.object({ id: z.string(), outcome: z.enum(rollbackOutcomes) })),
  /** The last report of the hook that probes green. */
  greenProbe: z.optional(z.object({ ok: z.boolean(), observed: z.string(), at: z.optional(z.string()) })),
  /** What an unhealthy task of green answered to a request of its health check; the port if it refused the connection. */
  greenAnswer: z.optional(
    z.object({
      task: z.string(),
      observed: z.string(),
      refusedPort: z.optional(z.number()),
      /** For how long it has answered so: no app that still starts does. */
      lastedSeconds: z.optional(z.number()),
      at: z.string(),
    }),
  ),
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
  /** A push that changes no file of these globs is skipped, unless the stage has `paths`. */
  watchedPaths: z.optional(z.array(z.string())),
  /** It was live and has been rolled back: automatic rollbacks skip it. */
  withdrawnAt: z.optional(z.string()),
});
export type ReleaseRecord = z.infer<typeof releaseRecord>;

/** A push that starts no deployment. */
const ignoredPush = z.object({
  status: z.literal("ignored"),
  reason: z.string(),
  repository: z.string(),
  reference: z.string(),
  commit: z.optional(z.string()),
  pushedAt: z.string(),
});
export type IgnoredPush = z.infer<typeof ignoredPush>;

/** The step that started last. */
export function latestStep({ steps }: Pick<ExecutionRecord, "steps">): string | undefined {
  const byStart = Object.entries(steps).toSorted(([, a], [, b]) => a.startedAt.localeCompare(b.startedAt));
  return byStart.at(-1)?.[0];
}

/** How long a step has been trying, its heartbeats and retries included. */
export function minutesIn(step: string, { steps, createdAt }: DeploymentRecord, clock: { now(): Date }): number {
  return (clock.now().getTime() - Date.parse(steps[step]?.startedAt ?? createdAt)) / 60_000;
}

export const currentRelease: Key = { pk: "release", sk: "current" };

export function deploymentKey(deployment: string): Key {
  return { pk: "deployment", sk: deployment };
}

export async function loadRecord(table: Table, deployment: string): Promise<DeploymentRecord | undefined> {
  const item = await table.get(deploymentKey(deployment));
  return item && z.parse(deploymentRecord, item);
}

export async function loadRecords(table: Table): Promise<DeploymentRecord[]> {
  return (await table.query("deployment")).map((item) => z.parse(deploymentRecord, item));
}

/** Every release that was ever live, the newest first. */
export async function loadReleases(table: Table): Promise<(ReleaseRecord & { readonly sk: string })[]> {
  const items = (await table.query("release")).filter(({ sk }) => sk !== currentRelease.sk);
  return items.map((item) => ({ ...z.parse(releaseRecord, item), sk: item.sk })).toReversed();
}

export async function loadRelease(table: Table): Promise<ReleaseRecord | undefined> {
  const item = await table.get(currentRelease);
  return item && z.parse(releaseRecord, item);
}

/** The live release runs with another image: the same code, with the assets of a newer one. */
export async function changeImage(
  table: Table,
  { deployment }: Pick<ReleaseRecord, "deployment">,
  changes: Pick<ReleaseRecord, "imageUri" | "imageDigest" | "taskDefinitionArn">,
): Promise<void> {
  const inHistory = (await loadReleases(table)).find((release) => release.deployment === deployment);
  if (inHistory) await table.patch({ pk: "release", sk: inHistory.sk }, changes);
  await table.patch(currentRelease, changes, { deployment });
}

/** Makes the release that was returned to the current one, and marks the one that was live as withdrawn. */
export async function withdrawRelease(
  { table, clock }: { readonly table: Table; readonly clock: { now(): Date } },
  { from, to }: { readonly from: string | undefined; readonly to: string | undefined },
): Promise<void> {
  const releases = await loadReleases(table);
  const withdrawnAt = clock.now().toISOString();
  for (const { sk, deployment } of releases) {
    if (deployment === from) await table.patch({ pk: "release", sk }, { withdrawnAt });
  }
  const restored = releases.find(({ deployment }) => deployment === to);
  if (!restored) throw new Error(`The release history of the stage has no release of deployment ${to}`);
  const { sk, withdrawnAt: _, ...release } = restored;
  await table.patch({ pk: "release", sk }, { withdrawnAt: undefined });
  await table.put({ ...release, ...currentRelease });
}
