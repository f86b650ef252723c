import type { DeploymentRecord } from "../core/record.ts";

/** CodeDeploy has no idempotency token: the description tells whose a deployment is, so that it can be adopted. */
export function describeDeployment({ deployment, commit }: DeploymentRecord, attempt: number): string {
  return `lockstep ${deployment} attempt ${attempt}: commit ${commit.slice(0, 8)}`;
}

/** A rollback deploys an earlier release again; `deployment` is the one that made that release. */
export function describeRedeployment(
  { deployment, commit }: { readonly deployment: string; readonly commit: string },
  { rollback, attempt }: { readonly rollback: string; readonly attempt: number },
): string {
  return `lockstep ${deployment} rollback ${rollback} attempt ${attempt}: commit ${commit.slice(0, 8)}`;
}

/** Whose release it is; `undefined` for a deployment that this pipeline did not create. */
export function deploymentOf(description: string | undefined): string | undefined {
  return /^lockstep (\S+) (?:rollback \S+ )?attempt \d+: /.exec(description ?? "")?.[1];
}

/** Whether it moves traffic to a new release, and is not a rollback. */
export function isReleaseOf(description: string | undefined, deployment: string): boolean {
  return (description ?? "").startsWith(`lockstep ${deployment} attempt `);
}
