import { awsError, type Cloud } from "#local/cloud/index.ts";
import { z } from "zod";
import type { Engine } from "./engine.ts";

/** State of a table that dynalite does not store. */
interface Table {
  name: string;
  /** Stack and logical id of the resource that created it. */
  owner: string;
  isProtected: boolean;
  /** CreateTable's input, without the name. */
  schema: object;
}

export interface Tables {
  create(table: Table): Promise<void>;
  /** Updates what can change in place; throws when the schema changes. */
  update(table: Omit<Table, "owner">): void;
  /** Creates a table again that a power failure took, because its last writes were not on the disk. */
  recover(name: string): Promise<void>;
  remove(name: string): Promise<void>;
  /** Name of the partition key; undefined for a table that no template created. */
  partitionKey(name: string): string | undefined;
  /** Throws as DeleteTable does for a table with deletion protection. */
  requireUnprotected(name: string): void;
}

const description = z.object({ Table: z.object({ TableStatus: z.string() }) });
const keySchema = z.object({ KeySchema: z.array(z.object({ AttributeName: z.string(), KeyType: z.string() })) });
const errorResponse = z.object({ __type: z.string(), message: z.string().optional() });

export function createTables(cloud: Cloud, engine: Engine): Tables {
  const records = cloud.store.collection<Table>("dynamodb.tables");
  const { send, exists, settled, drop } = openDynalite(cloud, engine);
  /** A crash of dynalite leaves unknown whether the table was created; any other error says that it was not. */
  const withdraw = (name: string) => (error: unknown) => {
    if (!isNamed(error, "InternalServerError")) records.delete(name);
    throw error;
  };
  const requireUnprotected = (name: string) => {
    if (!records.get(name)?.isProtected) return;
    const message = `Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.`;
    throw awsError("ValidationException", message);
  };
  return {
    async create(table) {
      const { name, owner, schema } = table;
      const record = records.get(name);
      // Recorded first: an existing table with this owner was created by an interrupted start.
      const isOurs = record?.owner === owner;
      const isThere = await exists(name);
      if (isThere && !isOurs) throw awsError("ResourceInUseException", `Table already exists: ${name}`);
      const isSame = isThere && sameJson(record?.schema, schema);
      if (isThere && !isSame) await drop(name); // the template has changed since; no start has completed with this table
      records.put(name, table);
      if (!isSame) await send("CreateTable", { TableName: name, ...schema }).catch(withdraw(name));
      await settled(name, true);
    },
    update(table) {
      const record = records.get(table.name);
      // differs from AWS, which replaces the table when a key changes, and builds indexes in place.
      if (!record || !sameJson(record.schema, table.schema))
        throw new Error(
          `A change of keys, indexes or billing mode of table ${table.name} is not supported by the local cloud. Fix: revert the change.`,
        );
      records.put(table.name, { ...record, ...table });
    },
    async recover(name) {
      const record = records.get(name);
      if (!record || (await exists(name))) return;
      cloud.log("warn", "Table was lost, creating it again", { table: name });
      await send("CreateTable", { TableName: name, ...record.schema });
      await settled(name, true);
    },
    async remove(name) {
      requireUnprotected(name);
      await drop(name);
      records.delete(name);
    },
    partitionKey(name) {
      const parsed = keySchema.safeParse(records.get(name)?.schema);
      return parsed.data?.KeySchema.find(({ KeyType }) => KeyType === "HASH")?.AttributeName;
    },
    requireUnprotected,
  };
}

function openDynalite(cloud: Cloud, engine: Engine) {
  const send = async (operation: string, input: object): Promise<unknown> => {
    const { status, body } = await engine.send(operation, Buffer.from(JSON.stringify(input)));
    if (status === 200) return JSON.parse(body);
    const { __type, message } = errorResponse.parse(JSON.parse(body));
    throw awsError(__type.split("#").at(-1) ?? __type, message ?? operation, status);
  };
  const describe = (TableName: string) => send("DescribeTable", { TableName }).catch(unlessNotFound);
  const settled = async (name: string, exists: boolean) => {
    for (;;) {
      const output = await describe(name);
      const status = output === undefined ? undefined : description.parse(output).Table.TableStatus;
      if (status === (exists ? "ACTIVE" : undefined)) return;
      await new Promise<void>((resolve) => {
        cloud.clock.afterLimit(0.01, resolve);
      });
    }
  };
  return {
    send,
    settled,
    exists: async (name: string) => (await describe(name)) !== undefined,
    drop: async (TableName: string) => {
      await send("DeleteTable", { TableName }).catch(unlessNotFound);
      await settled(TableName, false);
    },
  };
}

const sameJson = (a: object | undefined, b: object) => JSON.stringify(a) === JSON.stringify(b);

function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}

function unlessNotFound(error: unknown): undefined {
  if (!isNamed(error, "ResourceNotFoundException")) throw error;
  return undefined;
}
