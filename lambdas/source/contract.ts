import * as z from "zod/mini";

/** The repository of a stage: on GitHub if there is a token, otherwise in CodeCommit. */
export const sourceSettings = z.object({
  /** `<owner>/<name>` on GitHub. */
  REPOSITORY_NAME: z.string(),
  GITHUB_TOKEN_ARN: z.optional(z.string()),
});
export type SourceSettings = z.infer<typeof sourceSettings>;

export const branchSettings = z.object({
  ...sourceSettings.shape,
  BRANCH: z.string(),
  /** Globs, as JSON: pushes that change no matching path are skipped. */
  PATHS: z.string(),
});
