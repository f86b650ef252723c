import type { Deps } from "../deps.ts";
import { describeProject } from "../describe.ts";
import { fault } from "../faults.ts";
import type { Operations } from "../reads.ts";
import type { ProjectRecord } from "../store.ts";

export const projectOperations = ({ store }: Deps) =>
  ({
    batchGetProjects: ({ names }) => ({
      projects: names.flatMap((name) => store.projects.get(name) ?? []).map(describeProject),
      projectsNotFound: names.filter((name) => !store.projects.get(name)),
    }),
    listProjects: () => ({ projects: store.projects.keys() }),
  }) satisfies Partial<Operations>;

export function findProject({ cloud, store }: Deps, name: string): ProjectRecord {
  const project = store.projects.get(name);
  if (project) return project;
  throw fault("ResourceNotFoundException", `Project cannot be found: ${cloud.arn("codebuild", `project/${name}`)}`);
}
