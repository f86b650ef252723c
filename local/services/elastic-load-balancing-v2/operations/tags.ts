import { ResourceNotFoundException } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Clients, Operations } from "#local/cloud/index.ts";
import type { Context } from "./context.ts";

export const tagOperations = ({ store }: Context) =>
  ({
    describeTags({ ResourceArns: arns }) {
      const TagDescriptions = arns.map((ResourceArn) => {
        const found =
          store.loadBalancers.get(ResourceArn) ??
          store.targetGroups.get(ResourceArn) ??
          store.listeners.get(ResourceArn);
        if (!found) throw new ResourceNotFoundException({ message: `'${ResourceArn}' not found`, $metadata: {} });
        return { ResourceArn, Tags: Object.entries(found.tags).map(([Key, Value]) => ({ Key, Value })) };
      });
      return { TagDescriptions };
    },
  }) satisfies Operations<Clients["elastic-load-balancing-v2"]>;
