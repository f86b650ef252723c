import { keepersOf, keptBy } from "./processes.ts";

interface Search {
  readonly directory: string;
  readonly controlPlane: number;
  /** In [0, 1): chooses among several. */
  readonly draw: number;
}

type Find = (search: Search) => number[];

/** Finds the processes to kill, none if there is no such victim at this moment. */
export const findVictim = {
  "control plane": ({ controlPlane }) => [controlPlane],
  "load balancer": ({ directory }) => keptBy(keepersOf(directory, "elastic-load-balancing-v2")),
  PostgreSQL: ({ directory }) => keptBy(keepersOf(directory, "rds")),
  task: ({ directory, draw }) => keptBy(one(keepersOf(directory, "ecs"), draw)),
  "keeper of a task": ({ directory, draw }) => one(keepersOf(directory, "ecs"), draw),
  "build runner": ({ directory }) => keptBy(keepersOf(directory, "codebuild")),
  "control plane and load balancer": ({ directory, controlPlane }) => [
    controlPlane,
    ...keptBy(keepersOf(directory, "elastic-load-balancing-v2")),
  ],
} as const satisfies Readonly<Record<string, Find>>;

export type Victim = keyof typeof findVictim;
export const victims = Object.keys(findVictim) as readonly Victim[];

/** Victims whose death users may notice until they are replaced. */
export const serving: ReadonlySet<Victim> = new Set<Victim>([
  "load balancer",
  "PostgreSQL",
  "task",
  "keeper of a task",
  "control plane and load balancer",
]);

const one = (pids: readonly number[], draw: number) => pids.slice(Math.floor(draw * pids.length)).slice(0, 1);
