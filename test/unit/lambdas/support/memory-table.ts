import type { Condition, Item, Key, Table } from "../../../../lambdas/core/table.ts";

type Attributes = Record<string, unknown>;

/** The table in memory, with DynamoDB's conditions and its refusal to set an entry of a map that is not there. */
export class MemoryTable implements Table {
  private readonly items = new Map<string, Item>();

  get(key: Key): Promise<Item | undefined> {
    return Promise.resolve(structuredClone(this.items.get(idOf(key))));
  }

  query(pk: string): Promise<Item[]> {
    const items = [...this.items.values()].filter((item) => item.pk === pk);
    return Promise.resolve(structuredClone(items.toSorted((a, b) => (a.sk < b.sk ? -1 : 1))));
  }

  put(item: Item, when?: Condition): Promise<boolean> {
    if (!this.holds(item, when)) return Promise.resolve(false);
    this.items.set(idOf(item), withoutUndefined(structuredClone(item)));
    return Promise.resolve(true);
  }

  async patch(key: Key, changes: Readonly<Record<string, unknown>>, when?: Condition): Promise<boolean> {
    if (!this.holds(key, when)) return false;
    const item: Attributes = structuredClone({ ...this.items.get(idOf(key)), ...key });
    for (const [path, value] of Object.entries(changes)) set(item, path.split("."), structuredClone(value));
    this.items.set(idOf(key), withoutUndefined({ ...item, ...key }));
    return true;
  }

  remove(key: Key, when?: Condition): Promise<boolean> {
    if (!this.holds(key, when)) return Promise.resolve(false);
    this.items.delete(idOf(key));
    return Promise.resolve(true);
  }

  private holds(key: Key, when: Condition = {}): boolean {
    const item = this.items.get(idOf(key));
    return Object.entries(when).every(([name, value]) => item?.[name] === value);
  }
}

function set(target: Attributes, [name = "", ...rest]: string[], value: unknown): void {
  if (rest.length === 0) {
    target[name] = value;
    return;
  }
  const inner = target[name];
  if (typeof inner !== "object" || inner === null) {
    throw new Error(`ValidationException: the document path ${name} is not in the item`);
  }
  set(inner as Attributes, rest, value); // checked to be an object on the line before
}

function withoutUndefined(item: Item): Item {
  const entries = Object.entries(item).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(entries), pk: item.pk, sk: item.sk };
}

const idOf = ({ pk, sk }: Key) => JSON.stringify([pk, sk]);
