import { defineResource } from "#local/cloud/index.ts";
import { z } from "zod";
import type { Deps } from "./deps.ts";
import { fault } from "./faults.ts";

const properties = z.strictObject({
  LogGroupName: z.string().optional(),
  RetentionInDays: z.coerce.number().optional(),
  LogGroupClass: z.literal("STANDARD").optional(),
});

export const createResources = (deps: Deps) => [logGroupResource(deps)];

function logGroupResource({ cloud, store }: Deps) {
  const stateOf = (name: string) => ({
    physicalId: name,
    attributes: { Arn: cloud.arn("logs", `log-group:${name}:*`) },
  });
  const retention = (days: number | undefined) => (days === undefined ? {} : { retentionInDays: days });
  return defineResource({
    type: "AWS::Logs::LogGroup",
    properties,
    inert: ["Tags"],
    createOnly: ["LogGroupName"],
    nameProperty: "LogGroupName",
    create({ LogGroupName, RetentionInDays }, context) {
      const name = LogGroupName ?? context.generatedName(512);
      if (store.group(name) && !context.isRepeated)
        throw fault("ResourceAlreadyExistsException", "The specified log group already exists");
      const creationTime = cloud.clock.now();
      store.putGroup({ name, creationTime, storedBytes: 0, streamCount: 0, ...retention(RetentionInDays) });
      return stateOf(name);
    },
    update({ physicalId: name }, { RetentionInDays }) {
      const creationTime = cloud.clock.now();
      const existing = store.group(name) ?? { name, creationTime, storedBytes: 0, streamCount: 0 };
      const { retentionInDays: _old, ...group } = existing;
      store.putGroup({ ...group, ...retention(RetentionInDays) });
      return stateOf(name);
    },
    delete: ({ physicalId }) => store.deleteGroup(physicalId),
  });
}
