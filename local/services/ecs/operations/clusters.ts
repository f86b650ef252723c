import type { Operations } from "#local/cloud/index.ts";
import { arnOf, nameOfCluster } from "../arns.ts";
import type { Deps } from "../deps.ts";
import { describeCluster } from "../describe.ts";
import { pageOf, reject } from "./input.ts";

export function clusterOperations({ cloud, store }: Deps) {
  return {
    createCluster: (input) => {
      reject(input, [
        "configuration",
        "capacityProviders",
        "defaultCapacityProviderStrategy",
        "serviceConnectDefaults",
        "tags",
      ]);
      const { clusterName: name = "default", settings = [] } = input;
      // as AWS: an existing cluster is returned unchanged.
      const existing = store.clusters.get(name);
      const values = settings.map(({ value }) => ({ name: "containerInsights" as const, value: value ?? "disabled" }));
      const cluster = existing ?? { name, settings: values };
      store.clusters.put(name, cluster);
      return { cluster: describeCluster({ cloud, store }, cluster) };
    },
    describeClusters: ({ clusters = ["default"] }) => {
      const results = clusters.map((reference) => ({
        reference,
        cluster: store.clusters.get(nameOfCluster(reference)),
      }));
      return {
        clusters: results.flatMap(({ cluster }) => (cluster ? [describeCluster({ cloud, store }, cluster)] : [])),
        failures: results
          .filter(({ cluster }) => !cluster)
          .map(({ reference }) => ({ arn: arnOf.cluster(cloud, nameOfCluster(reference)), reason: "MISSING" })),
      };
    },
    listClusters: ({ nextToken, maxResults }) => {
      const arns = store.clusters.keys().map((name) => arnOf.cluster(cloud, name));
      const { page, next } = pageOf(arns, nextToken, maxResults);
      return { clusterArns: page, ...next };
    },
  } satisfies Operations<"ecs">;
}
