/** What the stage's table knows. Functions and commands read it in their own way: a command may be of another version than the functions. */
export interface RollbackFacts {
  readonly live: Release | undefined;
  /** Every release that was ever live, the newest first. */
  readonly releases: readonly Release[];
  /** At least those that migrated since the earlier release went live, and the one that created it. */
  readonly deployments: readonly Deployment[];
  readonly restores: readonly Restore[];
}

export interface Release {
  readonly deployment: string;
  readonly commit: string;
  readonly imageDigest: string;
  readonly taskDefinitionArn?: string | undefined;
  readonly deployedAt: string;
  readonly withdrawnAt?: string | undefined;
}

export interface Deployment {
  readonly deployment: string;
  readonly plan?:
    | {
        readonly pending: readonly string[];
        readonly secretVersion?: string | undefined;
        readonly compatibility?: Compatibility | undefined;
      }
    | undefined;
  readonly migration?: { readonly taskArn?: string | undefined } | undefined;
  readonly steps: Readonly<Record<string, { readonly startedAt: string }>>;
}

/** What the migrations of a deployment mean for the release before it. */
export interface Compatibility {
  /** Findings that it does not work with; the commit allowed them. */
  readonly breaks: readonly string[];
  /** Migrations without SQL that could be checked. */
  readonly unchecked: readonly string[];
}

interface Restore {
  readonly swappedAt?: string | undefined;
  readonly appliedMigrations?: readonly string[] | undefined;
}

/** The last good release before the live one, to which an automatic rollback goes. */
export function earlierGoodRelease<One extends { deployment: string; withdrawnAt?: string | undefined }>(
  releases: readonly One[],
  live: string | undefined,
): One | undefined {
  return releases.find(({ deployment, withdrawnAt }) => deployment !== live && withdrawnAt === undefined);
}
