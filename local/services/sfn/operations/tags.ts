import type { Deps } from "../deps.ts";
import { fault } from "../faults.ts";
import { findMachine } from "../machines.ts";
import type { Operations } from "../reads.ts";
import type { Machine } from "../store.ts";
import { tagOf } from "./machines.ts";

export const tagOperations = (deps: Deps) =>
  ({
    listTagsForResource: ({ resourceArn }) => ({ tags: findTagged(deps, resourceArn).tags }),
    tagResource({ resourceArn, tags }) {
      const machine = findTagged(deps, resourceArn);
      const merged = new Map([...machine.tags, ...tags.map(tagOf)].map((tag) => [tag.key, tag]));
      deps.store.machines.save({ ...machine, tags: [...merged.values()] });
      return {};
    },
    untagResource({ resourceArn, tagKeys }) {
      const machine = findTagged(deps, resourceArn);
      deps.store.machines.save({ ...machine, tags: machine.tags.filter(({ key }) => !tagKeys.includes(key)) });
      return {};
    },
  }) satisfies Partial<Operations>;

function findTagged(deps: Deps, arn: string): Machine {
  try {
    return findMachine(deps, arn);
  } catch (cause) {
    throw fault("ResourceNotFound", `Resource not found: '${arn}'`, { resourceName: arn, cause });
  }
}
