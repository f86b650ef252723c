import { tagList } from "#local/cloud/index.ts";
import type { Deps } from "../deps.ts";
import { fault } from "../faults.ts";
import type { Operations } from "../reads.ts";
import { required } from "./find.ts";

export const tagOperations = ({ store: { loadBalancers, targetGroups, listeners } }: Deps) =>
  ({
    describeTags: ({ ResourceArns: arns }) => ({
      TagDescriptions: arns.map((ResourceArn) => {
        const resource = loadBalancers.get(ResourceArn) ?? targetGroups.get(ResourceArn) ?? listeners.get(ResourceArn);
        const { tags } = required(resource, fault("ResourceNotFoundException", `'${ResourceArn}' not found`));
        return { ResourceArn, Tags: tagList(tags) };
      }),
    }),
  }) satisfies Partial<Operations>;
