import type { Compatibility, Deployment, RollbackFacts } from "./facts.ts";

/** What was migrated since a release went live, as far as it concerns that release. Migrations that a restore has undone do not count. */
export function schemaSince(
  { deployments, restores }: Pick<RollbackFacts, "deployments" | "restores">,
  since: string,
): Compatibility {
  const migrated = deployments.filter((each) => {
    const at = migratedAt(each);
    return at !== undefined && at > since && !isUndone(each, at, restores);
  });
  return {
    breaks: migrated.flatMap(({ plan }) => plan?.compatibility?.breaks ?? []),
    unchecked: migrated.flatMap(({ plan }) => plan?.compatibility?.unchecked ?? []),
  };
}

/** Also of a task that failed: it may have applied some. */
function migratedAt({ migration, steps }: Deployment): string | undefined {
  return migration?.taskArn === undefined ? undefined : steps.Migrate?.startedAt;
}

function isUndone({ plan }: Deployment, at: string, restores: RollbackFacts["restores"]): boolean {
  const pending = plan?.pending ?? [];
  return restores.some(
    ({ swappedAt, appliedMigrations }) =>
      swappedAt !== undefined && swappedAt > at && !pending.some((tag) => appliedMigrations?.includes(tag)),
  );
}
