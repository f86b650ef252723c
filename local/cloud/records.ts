import type { Collection, Store } from "#local/kernel/index.ts";

/** A collection whose records carry their own key. */
export interface Records<T> extends Omit<Collection<T>, "put"> {
  save(record: T): T;
  find(test: (record: T) => boolean): T | undefined;
  /** Saves what `change` makes of the record as it is now; undefined when there is no such record. */
  update(key: string, change: (now: T) => T): T | undefined;
}

export function records<T>(store: Store, name: string, keyOf: (record: T) => string): Records<T> {
  const collection = store.collection<T>(name);
  const save = (record: T): T => {
    collection.put(keyOf(record), record);
    return record;
  };
  return {
    get: (key) => collection.get(key),
    list: (prefix) => collection.list(prefix),
    keys: (prefix) => collection.keys(prefix),
    delete: (key) => collection.delete(key),
    save,
    find: (test) => collection.list().find(test),
    update: (key, change) =>
      store.transaction(() => {
        const now = collection.get(key);
        return now === undefined ? undefined : save(change(now));
      }),
  };
}
