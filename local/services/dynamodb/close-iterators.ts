interface LevelIterator {
  close(): Promise<void>;
}

interface Iterated {
  keys(): LevelIterator;
  values(): LevelIterator;
}

/**
 * Dynalite 4.0.0 ends its iterators with `return`, which those of abstract-level do not have (they have `close`): each query would keep
 * its iterator, and with it data in memory, until the process ends.
 */
export async function letReturnCloseIterators(database: Iterated): Promise<void> {
  for (const iterator of [database.keys(), database.values()]) {
    const returns = {
      value(this: LevelIterator) {
        return this.close();
      },
    };
    if (!("return" in iterator)) Object.defineProperty(Object.getPrototypeOf(iterator), "return", returns);
    await iterator.close();
  }
}
