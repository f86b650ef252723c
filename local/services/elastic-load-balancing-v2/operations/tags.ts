import { ResourceNotFoundException } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Operations } from "#local/cloud/index.ts";
import type { Deps } from "../deps.ts";

export const tagOperations = ({ store }: Deps) =>
  ({
    describeTags({ ResourceArns: arns }) {
      const TagDescriptions = arns.map((ResourceArn) => {
        const resource =
          store.loadBalancers.get(ResourceArn) ??
          store.targetGroups.get(ResourceArn) ??
          store.listeners.get(ResourceArn);
        if (!resource) throw new ResourceNotFoundException({ message: `'${ResourceArn}' not found`, $metadata: {} });
        return { ResourceArn, Tags: Object.entries(resource.tags).map(([Key, Value]) => ({ Key, Value })) };
      });
      return { TagDescriptions };
    },
  }) satisfies Operations<"elastic-load-balancing-v2">;
