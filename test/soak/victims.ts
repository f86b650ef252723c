import { keepersOf, keptBy } from "./processes.ts";

interface Search {
  readonly directory: string;
  readonly controlPlane: number;
  /** In [0, 1): chooses among several. */
  readonly draw: number;
}

interface Kind {
  /** The processes to kill, none if there is no such victim at this moment. */
  readonly find: (search: Search) => number[];
  /** Users may notice until it is replaced. */
  readonly serves: boolean;
}

const balancer = "elastic-load-balancing-v2";
const one = (pids: readonly number[], draw: number) => pids.slice(Math.floor(draw * pids.length)).slice(0, 1);

/** Keepers are the parents of the processes that the local cloud runs; see local/kernel/processes.ts. */
export const kinds = {
  "control plane": { serves: false, find: ({ controlPlane }) => [controlPlane] },
  "load balancer": { serves: true, find: ({ directory }) => keptBy(keepersOf(directory, balancer)) },
  "keeper of the load balancer": { serves: true, find: ({ directory }) => keepersOf(directory, balancer) },
  PostgreSQL: { serves: true, find: ({ directory }) => keptBy(keepersOf(directory, "rds")) },
  "keeper of PostgreSQL": { serves: true, find: ({ directory }) => keepersOf(directory, "rds") },
  task: { serves: true, find: ({ directory, draw }) => keptBy(one(keepersOf(directory, "ecs"), draw)) },
  "keeper of a task": { serves: true, find: ({ directory, draw }) => one(keepersOf(directory, "ecs"), draw) },
  "build runner": { serves: false, find: ({ directory }) => keptBy(keepersOf(directory, "codebuild")) },
  "control plane and load balancer": {
    serves: true,
    find: ({ directory, controlPlane }) => [controlPlane, ...keptBy(keepersOf(directory, balancer))],
  },
} as const satisfies Readonly<Record<string, Kind>>;

export type Victim = keyof typeof kinds;
export const victims = Object.keys(kinds) as readonly Victim[];
