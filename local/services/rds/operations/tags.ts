import { tagList, tagRecord, withoutTags, type Tags } from "#local/cloud/index.ts";
import type { Deps } from "../deps.ts";
import { invalidValue } from "../faults.ts";
import { findInstance, findSnapshot } from "../input.ts";
import type { Operations } from "../reads.ts";
import type { RdsStore } from "../store.ts";

export const tagOperations = ({ store }: Deps) =>
  ({
    addTagsToResource({ ResourceName, Tags }) {
      const { tags, save } = taggedBy(store, ResourceName);
      save({ ...tags, ...tagRecord(Tags) });
      return {};
    },
    removeTagsFromResource({ ResourceName, TagKeys }) {
      const { tags, save } = taggedBy(store, ResourceName);
      save(withoutTags(tags, TagKeys));
      return {};
    },
    listTagsForResource: ({ ResourceName }) => ({ TagList: tagList(taggedBy(store, ResourceName).tags) }),
  }) satisfies Partial<Operations>;

function taggedBy(store: RdsStore, arn: string) {
  const [kind] = arn.split(":").slice(-2);
  if (kind === "db") {
    const instance = findInstance(store, arn);
    return { tags: instance.tags, save: (tags: Tags) => store.instances.save({ ...instance, tags }) };
  }
  if (kind === "snapshot") {
    const snapshot = findSnapshot(store, arn);
    return { tags: snapshot.tags, save: (tags: Tags) => store.snapshots.save({ ...snapshot, tags }) };
  }
  throw invalidValue(`"${arn}" is not the ARN of a DB instance or DB snapshot: arn:aws:rds:…:db:… or …:snapshot:….`);
}
