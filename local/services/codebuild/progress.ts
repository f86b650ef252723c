import { z } from "zod";

export const phaseTypes = [
  "SUBMITTED",
  "QUEUED",
  "PROVISIONING",
  "DOWNLOAD_SOURCE",
  "INSTALL",
  "PRE_BUILD",
  "BUILD",
  "POST_BUILD",
  "UPLOAD_ARTIFACTS",
  "FINALIZING",
  "COMPLETED",
] as const;
export type PhaseType = (typeof phaseTypes)[number];

const endStatuses = ["SUCCEEDED", "FAILED", "FAULT", "STOPPED", "TIMED_OUT"] as const;
export type EndStatus = (typeof endStatuses)[number];

const context = z.strictObject({ statusCode: z.string(), message: z.string() });
export type PhaseContext = z.output<typeof context>;

export const phaseSucceeded: PhaseContext = { statusCode: "", message: "" };

const at = z.number();
const entry = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("log"), at, text: z.string() }),
  z.strictObject({ kind: z.literal("phase"), at, phase: z.enum(phaseTypes) }),
  z.strictObject({ kind: z.literal("phase-end"), at, status: z.enum(endStatuses), context }),
  z.strictObject({ kind: z.literal("source"), at, resolvedVersion: z.string() }),
  z.strictObject({ kind: z.literal("exported"), at, variables: z.record(z.string(), z.string()) }),
  z.strictObject({ kind: z.literal("done"), at, status: z.enum(endStatuses) }),
]);

/** What a runner tells of its build, a line each, in a file that outlives them both. */
export type ProgressEntry = z.output<typeof entry>;

export const readProgress = (line: string): ProgressEntry => entry.parse(JSON.parse(line));

const variable = z.strictObject({
  name: z.string(),
  value: z.string(),
  type: z.enum(["PLAINTEXT", "SECRETS_MANAGER"]),
});
export type BuildVariable = z.output<typeof variable>;

const job = z.strictObject({
  buildId: z.string(),
  /** Work directory of this build alone; the runner makes it and removes it. */
  workspace: z.string(),
  repositoryName: z.string(),
  repositoryUrl: z.string(),
  /** Commit, branch or tag; the default branch when left out. */
  sourceVersion: z.string().optional(),
  secondarySources: z.array(z.strictObject({ identifier: z.string(), directory: z.string() })),
  /** Inline, or the path of a file in the source. */
  buildspec: z.string(),
  /** Of the project and of the call that started the build, the latter last. */
  variables: z.array(variable),
  /** When the build has timed out, in milliseconds since 1970. */
  deadline: z.number(),
});

/** All that a runner is told, but for the token: that comes in its environment, not on disk. */
export type Job = z.output<typeof job>;

export const readJob = (text: string): Job => job.parse(JSON.parse(text));

export const tokenVariable = "LOCKSTEP_GIT_TOKEN";

/** Node.js keeps the compiled runner there: it starts in half the time. */
export const compileCacheVariable = "NODE_COMPILE_CACHE";
