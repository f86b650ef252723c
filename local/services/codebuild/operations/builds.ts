import type { Deps } from "../deps.ts";
import { describeBuild } from "../describe.ts";
import { fault } from "../faults.ts";
import type { Operations } from "../reads.ts";
import { isOver, shortId, type BuildRecord } from "../store.ts";
import { findProject } from "./projects.ts";
import { startBuild } from "./start-build.ts";

export function buildOperations(deps: Deps) {
  const { store, engine } = deps;
  return {
    startBuild: (input, call) => ({ build: describeBuild(startBuild(deps, input, call)) }),
    stopBuild({ id }) {
      const build = store.builds.get(id);
      if (!build) throw fault("ResourceNotFoundException", `Build ${id} does not exist`);
      if (!isOver(build)) engine.stopBuild(build);
      return { build: describeBuild(build) };
    },
    batchGetBuilds: ({ ids }) => ({
      builds: ids.flatMap((id) => store.builds.get(shortId(id)) ?? []).map(describeBuild),
      buildsNotFound: ids.filter((id) => !store.builds.get(shortId(id))),
    }),
    listBuilds: ({ sortOrder }) => ({ ids: sortedIds(store.builds.list(), sortOrder) }),
    listBuildsForProject({ projectName, sortOrder }) {
      findProject(deps, projectName);
      return { ids: sortedIds(store.builds.list(`${projectName}:`), sortOrder) };
    },
  } satisfies Partial<Operations>;
}

function sortedIds(builds: readonly BuildRecord[], order: string = "DESCENDING"): string[] {
  const ids = builds.toSorted((a, b) => a.startedAt - b.startedAt).map(({ id }) => id);
  return order === "ASCENDING" ? ids : ids.toReversed();
}
