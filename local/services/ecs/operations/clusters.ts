import type { Clients, Operations } from "#local/cloud/index.ts";
import { arnOf, nameOfCluster } from "../arns.ts";
import { describeCluster } from "../describe.ts";
import { pageOf, refuse, type OperationParts } from "./parts.ts";

export function clusterOperations({ cloud, store }: OperationParts) {
  return {
    createCluster: (input) => {
      refuse(input, [
        "configuration",
        "capacityProviders",
        "defaultCapacityProviderStrategy",
        "serviceConnectDefaults",
        "tags",
      ]);
      const { clusterName: name = "default", settings = [] } = input;
      // as AWS: a cluster that is there is answered again.
      const existing = store.clusters.get(name);
      const values = settings.map(({ value }) => ({ name: "containerInsights" as const, value: value ?? "disabled" }));
      const cluster = existing ?? { name, settings: values };
      store.clusters.put(name, cluster);
      return { cluster: describeCluster({ cloud, store }, cluster) };
    },
    describeClusters: ({ clusters = ["default"] }) => {
      const found = clusters.map((given) => ({ given, cluster: store.clusters.get(nameOfCluster(given)) }));
      return {
        clusters: found.flatMap(({ cluster }) => (cluster ? [describeCluster({ cloud, store }, cluster)] : [])),
        failures: found
          .filter(({ cluster }) => !cluster)
          .map(({ given }) => ({ arn: arnOf.cluster(cloud, nameOfCluster(given)), reason: "MISSING" })),
      };
    },
    listClusters: ({ nextToken, maxResults }) => {
      const arns = store.clusters.keys().map((name) => arnOf.cluster(cloud, name));
      const { page, next } = pageOf(arns, nextToken, maxResults);
      return { clusterArns: page, ...next };
    },
  } satisfies Operations<Clients["ecs"]>;
}
