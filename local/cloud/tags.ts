import type { ResourceContext } from "./service.ts";

/** Tags by key; in the APIs of most services they are a list. */
export type Tags = Record<string, string>;

export const tagRecord = (tags: readonly { Key?: string | undefined; Value?: string | undefined }[] = []): Tags =>
  Object.fromEntries(tags.map(({ Key = "", Value = "" }) => [Key, Value]));

export const tagList = (tags: Readonly<Tags>) => Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

export const withoutTags = (tags: Readonly<Tags>, keys: readonly string[]): Tags =>
  Object.fromEntries(Object.entries(tags).filter(([key]) => !keys.includes(key)));

/** as AWS: the tags by which CloudFormation marks the resources of a stack. */
export const stackTags = ({ stackName, logicalId }: ResourceContext): Tags => ({
  "aws:cloudformation:stack-name": stackName,
  "aws:cloudformation:logical-id": logicalId,
});

/** Whether the tags are those of this very resource: an earlier run created it and was interrupted before it could record that. */
export const hasStackTags = (tags: Readonly<Tags>, context: ResourceContext): boolean =>
  Object.entries(stackTags(context)).every(([key, value]) => tags[key] === value);
