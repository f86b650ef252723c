import type { DeploymentRecord } from "./record.ts";

/** CodeDeploy has no idempotency token: the description tells whose a deployment is, so that it can be adopted. */
export function describeDeployment({ deployment, commit }: DeploymentRecord, attempt: number): string {
  return `lockstep ${deployment} attempt ${attempt}: commit ${commit.slice(0, 8)}`;
}

/** Whose deployment it is; `undefined` for one that this pipeline did not create. */
export function deploymentOf(description: string | undefined): string | undefined {
  return /^lockstep (\S+) attempt \d+: /.exec(description ?? "")?.[1];
}
