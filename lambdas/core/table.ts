import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from "@aws-sdk/lib-dynamodb";
import { hasName } from "./errors.ts";

export interface Key {
  readonly pk: string;
  readonly sk: string;
}
export type Item = Key & Readonly<Record<string, unknown>>;

/** Attributes and their required values; `undefined` requires that the attribute does not exist. */
export type Condition = Readonly<Record<string, string | number | undefined>>;

/** The table of the stage. Writes return whether their condition was met; reads are strongly consistent. */
export interface Table {
  get(key: Key): Promise<Item | undefined>;
  query(pk: string): Promise<Item[]>;
  put(item: Item, when?: Condition): Promise<boolean>;
  /** Sets attributes (`undefined` removes one). A name with a dot sets one entry of a map: `steps.Build`. */
  patch(key: Key, changes: Readonly<Record<string, unknown>>, when?: Condition): Promise<boolean>;
  remove(key: Key, when?: Condition): Promise<boolean>;
}

export function dynamoTable(client: DynamoDBDocumentClient, TableName: string): Table {
  return {
    async get(Key) {
      const { Item } = await client.send(new GetCommand({ TableName, Key, ConsistentRead: true }));
      return Item && asItem(Item);
    },
    async query(pk) {
      const items: Item[] = [];
      let ExclusiveStartKey: Record<string, unknown> | undefined;
      do {
        const page = await client.send(
          new QueryCommand({
            TableName,
            ConsistentRead: true,
            KeyConditionExpression: "pk = :pk",
            ExpressionAttributeValues: { ":pk": pk },
            ExclusiveStartKey,
          }),
        );
        items.push(...(page.Items ?? []).map(asItem));
        ExclusiveStartKey = page.LastEvaluatedKey;
      } while (ExclusiveStartKey);
      return items;
    },
    put: (Item, when) => {
      const names = new Names();
      return isMet(() => client.send(new PutCommand({ TableName, Item, ...names.condition(when), ...names.all() })));
    },
    patch: (Key, changes, when) => {
      const names = new Names();
      const update = { UpdateExpression: names.update(changes), ...names.condition(when) };
      return isMet(() => client.send(new UpdateCommand({ TableName, Key, ...update, ...names.all() })));
    },
    remove: (Key, when) => {
      const names = new Names();
      return isMet(() => client.send(new DeleteCommand({ TableName, Key, ...names.condition(when), ...names.all() })));
    },
  };
}

async function isMet(send: () => Promise<unknown>): Promise<boolean> {
  try {
    await send();
    return true;
  } catch (error) {
    if (hasName(error, "ConditionalCheckFailedException")) return false;
    throw error;
  }
}

/** Placeholders of one request: attribute names may hold spaces or be reserved words. */
class Names {
  private readonly names: Record<string, string> = {};
  private readonly values: Record<string, unknown> = {};

  update(changes: Readonly<Record<string, unknown>>): string {
    const entries = Object.entries(changes);
    const set = entries.filter(([, value]) => value !== undefined).map(([path, value]) => this.equals(path, value));
    const remove = entries.filter(([, value]) => value === undefined).map(([path]) => this.path(path));
    return [set.length > 0 && `SET ${set.join(", ")}`, remove.length > 0 && `REMOVE ${remove.join(", ")}`]
      .filter(Boolean)
      .join(" ");
  }

  condition(when: Condition | undefined): { ConditionExpression?: string } {
    if (!when) return {};
    const terms = Object.entries(when).map(([path, value]) =>
      value === undefined ? `attribute_not_exists(${this.path(path)})` : this.equals(path, value),
    );
    return { ConditionExpression: terms.join(" AND ") };
  }

  all(): { ExpressionAttributeNames?: Record<string, string>; ExpressionAttributeValues?: Record<string, unknown> } {
    return {
      ...(Object.keys(this.names).length > 0 && { ExpressionAttributeNames: this.names }),
      ...(Object.keys(this.values).length > 0 && { ExpressionAttributeValues: this.values }),
    };
  }

  private equals(path: string, value: unknown): string {
    const placeholder = `:v${Object.keys(this.values).length}`;
    this.values[placeholder] = value;
    return `${this.path(path)} = ${placeholder}`;
  }

  private path(path: string): string {
    return path
      .split(".")
      .map((name) => {
        const placeholder = `#n${Object.keys(this.names).length}`;
        this.names[placeholder] = name;
        return placeholder;
      })
      .join(".");
  }
}

function asItem(item: Record<string, unknown>): Item {
  const { pk, sk } = item;
  if (typeof pk !== "string" || typeof sk !== "string")
    throw new Error("An item of the table has no string keys pk and sk");
  return { ...item, pk, sk };
}
