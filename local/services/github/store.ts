import { records, type Cloud } from "#local/cloud/index.ts";
import type { References } from "#local/git/index.ts";

export interface RepositoryRecord {
  /** Also the name of its directory. */
  id: string;
  number: number;
  /** `<owner>/<name>` */
  fullName: string;
  private: boolean;
  createdAt: number;
}

export interface HookRecord {
  id: number;
  fullName: string;
  active: boolean;
  events: string[];
  config: { url: string; content_type: "json" | "form"; secret?: string | undefined; insecure_ssl: string };
  createdAt: number;
  updatedAt: number;
  lastResponse: { code: number | null; status: string | null; message: string | null };
}

/** A change of a reference, of which the payload of a push is made. */
export interface ReferenceChange {
  reference: string;
  before: string | undefined;
  after: string | undefined;
  by: string;
}

export interface DeliveryRecord {
  id: number;
  /** X-GitHub-Delivery: a redelivery has that of its delivery. */
  guid: string;
  hookId: number;
  event: "push" | "ping";
  isRedelivery: boolean;
  change?: ReferenceChange | undefined;
  /** The exact body, once it is made. */
  body?: string | undefined;
  createdAt: number;
  result?: { at: number; seconds: number; code: number; status: string } | undefined;
}

export interface StatusRecord {
  id: number;
  fullName: string;
  sha: string;
  state: "error" | "failure" | "pending" | "success";
  context: string;
  description: string | null;
  targetUrl: string | null;
  createdAt: number;
}

export interface DeploymentRecord {
  id: number;
  fullName: string;
  sha: string;
  ref: string;
  task: string;
  payload: Record<string, unknown>;
  environment: string;
  description: string | null;
  isProduction: boolean;
  isTransient: boolean;
  createdAt: number;
  updatedAt: number;
}

export type DeploymentState = "error" | "failure" | "inactive" | "pending" | "success" | "queued" | "in_progress";

export interface DeploymentStatusRecord {
  id: number;
  deploymentId: number;
  state: DeploymentState;
  description: string;
  environmentUrl: string;
  logUrl: string;
  createdAt: number;
}

export type Store = ReturnType<typeof openStore>;

export function openStore({ store }: Cloud) {
  const counters = store.collection<number>("github.counters");
  const key = (id: number) => String(id).padStart(9, "0");
  return {
    transaction: <R>(work: () => R) => store.transaction(work),
    /** The next number; all kinds count together. */
    nextId: () =>
      store.transaction(() => {
        const next = (counters.get("id") ?? 0) + 1;
        counters.put("id", next);
        return next;
      }),
    repositories: records<RepositoryRecord>(store, "github.repositories", ({ fullName }) => fullName.toLowerCase()),
    /** References as of the last deliveries, by repository id. */
    announced: store.collection<References>("github.announced"),
    hooks: records<HookRecord>(store, "github.hooks", ({ id }) => key(id)),
    deliveries: records<DeliveryRecord>(store, "github.deliveries", ({ id }) => key(id)),
    statuses: records<StatusRecord>(store, "github.statuses", ({ id }) => key(id)),
    deployments: records<DeploymentRecord>(store, "github.deployments", ({ id }) => key(id)),
    deploymentStatuses: records<DeploymentStatusRecord>(store, "github.deployment-statuses", ({ id }) => key(id)),
    key,
  };
}
