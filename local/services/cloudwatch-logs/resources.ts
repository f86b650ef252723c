import { defineResource } from "#local/cloud/index.ts";
import type { Cloud } from "#local/cloud/index.ts";
import { z } from "zod";
import { alreadyExists } from "./errors.ts";
import type { LogStore } from "./store.ts";

const properties = z.strictObject({
  LogGroupName: z.string().optional(),
  RetentionInDays: z.coerce.number().optional(),
  LogGroupClass: z.literal("STANDARD").optional(),
});

export function logGroupResource(cloud: Cloud, store: LogStore) {
  const stateOf = (name: string) => ({
    physicalId: name,
    attributes: { Arn: cloud.arn("logs", `log-group:${name}:*`) },
  });
  const retention = (days: number | undefined) => (days === undefined ? {} : { retentionInDays: days });
  return defineResource({
    type: "AWS::Logs::LogGroup",
    properties,
    inert: ["Tags"],
    create({ LogGroupName, RetentionInDays }, context) {
      const name = LogGroupName ?? context.generatedName(512);
      if (store.group(name)) throw alreadyExists("group");
      const creationTime = cloud.clock.now();
      store.putGroup({ name, creationTime, storedBytes: 0, streamCount: 0, ...retention(RetentionInDays) });
      return stateOf(name);
    },
    update({ physicalId }, { LogGroupName, RetentionInDays }) {
      const name = LogGroupName ?? physicalId;
      const existing = store.group(physicalId);
      const { retentionInDays: _old, ...group } = existing ?? {
        creationTime: cloud.clock.now(),
        storedBytes: 0,
        streamCount: 0,
      };
      // A renamed group is a new, empty one.
      if (name !== physicalId) store.deleteGroup(physicalId);
      store.putGroup({ ...group, name, ...retention(RetentionInDays) });
      return stateOf(name);
    },
    delete: ({ physicalId }) => store.deleteGroup(physicalId),
  });
}
