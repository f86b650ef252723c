import type { Deps } from "../deps.ts";
import { describeCluster } from "../describe.ts";
import type { Operations } from "../reads.ts";

export const clusterOperations = (deps: Deps) =>
  ({
    createCluster: ({ clusterName: name = "default", settings = [] }) => {
      const { clusters } = deps.store;
      const values = settings.map(({ value }) => ({ name: "containerInsights" as const, value: value ?? "disabled" }));
      // as AWS: an existing cluster is returned unchanged.
      return { cluster: describeCluster(deps, clusters.get(name) ?? clusters.save({ name, settings: values })) };
    },
  }) satisfies Partial<Operations>;
