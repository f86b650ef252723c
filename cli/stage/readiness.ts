import { alarmKinds } from "../../lambdas/core/contract.ts";
import { assessReadiness, type Readiness } from "../../lambdas/rollback/readiness/assess-readiness.ts";
import { earlierGoodRelease } from "../../lambdas/rollback/readiness/facts.ts";
import { pick } from "./choose.ts";
import type { Clients } from "./clients.ts";
import {
  currentRelease,
  type DeploymentItem,
  listReleases,
  listRestores,
  pageDeployments,
  readDeployment,
} from "./records.ts";
import type { Stage } from "./stage.ts";

export type { Readiness };

/**
 * Whether the stage can go back to the release before the live one, or to another: by the module of the function that checks it every hour.
 */
export async function readReadiness(clients: Clients, stage: Stage, other?: string): Promise<Readiness | undefined> {
  const { cloudwatch: cloudWatch, ecr, ecs, rds, secrets: secretsManager } = clients;
  const [live, releases, restores] = await Promise.all([
    currentRelease(clients, stage),
    listReleases(clients, stage),
    listRestores(clients, stage),
  ]);
  const chosen = other === undefined ? undefined : pick(releases, other, "release");
  const to = chosen ?? earlierGoodRelease(releases, live?.deployment);
  const deployments = to ? await deploymentsSince(clients, stage, to) : [];
  const settings = {
    IMAGE_REPOSITORY: stage.prefix,
    APP_SECRET_ARN: `${stage.prefix}/app`,
    ALARM_NAMES: alarmKinds.map((kind) => `${stage.prefix}-${kind}`),
  };
  const deps = { cloudWatch, ecr, ecs, rds, secretsManager, settings };
  return assessReadiness(deps, { live, releases, deployments, restores }, chosen);
}

const pageSize = 50;

/** The deployment of a release, and those that may have migrated since it went live. */
async function deploymentsSince(
  clients: Clients,
  stage: Stage,
  { deployment, deployedAt }: { deployment: string; deployedAt: string },
): Promise<DeploymentItem[]> {
  const own = await readDeployment(clients, stage, deployment);
  const items: DeploymentItem[] = [];
  let start: string | undefined;
  do {
    const page = await pageDeployments(clients, stage, { limit: pageSize, start });
    items.push(...page.items);
    start = page.next;
  } while (start !== undefined && (items.at(-1)?.createdAt ?? "") > deployedAt);
  return [...(own ? [own] : []), ...items];
}

/** One line, in the words of every view. */
export function describeReadiness({ state, to }: Readiness): string {
  if (!to) return "not ready: no earlier release";
  const release = to.commit.slice(0, 8);
  if (state === "ready") return `ready to roll back to ${release}`;
  return state === "unknown" ? `not known: rollback to ${release}` : `not ready to roll back to ${release}`;
}
