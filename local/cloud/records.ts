import type { Collection, Store } from "#local/kernel/index.ts";

/** A collection whose records know their own key. */
export interface Records<T> extends Collection<T> {
  save(record: T): T;
  find(test: (record: T) => boolean): T | undefined;
}

export function records<T>(store: Store, name: string, keyOf: (record: T) => string): Records<T> {
  const collection = store.collection<T>(name);
  return {
    ...collection,
    save(record) {
      collection.put(keyOf(record), record);
      return record;
    },
    find: (test) => collection.list().find(test),
  };
}
