import type { Clients, Operations } from "#local/cloud/index.ts";
import { tagList, tagRecord } from "../describe.ts";
import { invalidValue } from "../errors.ts";
import { findInstance, findSnapshot } from "../input.ts";
import type { RdsStore } from "../store.ts";
import type { Context } from "./context.ts";

type TagOperations = Pick<
  Operations<Clients["rds"]>,
  "addTagsToResource" | "listTagsForResource" | "removeTagsFromResource"
>;

export function tagOperations({ store }: Context): TagOperations {
  return {
    addTagsToResource({ ResourceName, Tags }) {
      const tagged = findTagged(store, ResourceName);
      tagged.save({ ...tagged.tags, ...tagRecord(Tags) });
      return {};
    },
    listTagsForResource: ({ ResourceName }) => ({ TagList: tagList(findTagged(store, ResourceName).tags) }),
    removeTagsFromResource({ ResourceName, TagKeys }) {
      const tagged = findTagged(store, ResourceName);
      tagged.save(Object.fromEntries(Object.entries(tagged.tags).filter(([key]) => !TagKeys.includes(key))));
      return {};
    },
  };
}

function findTagged(store: RdsStore, arn: string) {
  const [kind] = arn.split(":").slice(-2);
  if (kind === "db") {
    const instance = findInstance(store, arn);
    return { tags: instance.tags, save: (tags: Record<string, string>) => store.saveInstance({ ...instance, tags }) };
  }
  if (kind === "snapshot") {
    const snapshot = findSnapshot(store, arn);
    return { tags: snapshot.tags, save: (tags: Record<string, string>) => store.saveSnapshot({ ...snapshot, tags }) };
  }
  throw invalidValue(`"${arn}" is not the ARN of a DB instance or DB snapshot: arn:aws:rds:…:db:… or …:snapshot:….`);
}
