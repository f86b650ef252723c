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

/** A line of the progress file that a runner writes and the control plane reads. */
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
  /** Work directory of this build; the runner creates and deletes it. */
  workspace: z.string(),
  repositoryName: z.string(),
  repositoryUrl: z.string(),
  /** Commit, branch or tag; without it, the default branch. */
  sourceVersion: z.string().optional(),
  secondarySources: z.array(z.strictObject({ identifier: z.string(), directory: z.string() })),
  /** Inline, or the path of a file in the source. */
  buildspec: z.string(),
  /** Those of the project, then those of the StartBuild call. */
  variables: z.array(variable),
  /** Major version of Node.js of the image; undefined if the buildspec selects it. */
  nodejs: z.string().optional(),
  /** Packages of pnpm, shared by all builds of the cloud. */
  pnpmStore: z.string(),
  /** Of the project's cache; the control plane has authorized its use. */
  cacheDirectory: z.string().optional(),
  /** When the build times out, in milliseconds since 1970. */
  deadline: z.number(),
});

/** A runner's input, except the git token, which is passed in the environment to keep it off the disk. */
export type Job = z.output<typeof job>;

export const readJob = (text: string): Job => job.parse(JSON.parse(text));

export const tokenVariable = "LOCKSTEP_GIT_TOKEN";

/** Node.js caches the compiled runner there, which halves its start time. */
export const compileCacheVariable = "NODE_COMPILE_CACHE";
