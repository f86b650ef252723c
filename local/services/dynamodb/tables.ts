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
  remove(name: string): Promise<void>;
  /** Throws as DeleteTable does for a table with deletion protection. */
  requireUnprotected(name: string): void;
}

const description = z.object({ Table: z.object({ TableStatus: z.string() }) });
const errorResponse = z.object({ __type: z.string(), message: z.string().optional() });

export function createTables(cloud: Cloud, engine: Engine): Tables {
  const records = cloud.store.collection<Table>("dynamodb.tables");
  const send = async (operation: string, input: object): Promise<unknown> => {
    const { status, body } = await engine.send(operation, Buffer.from(JSON.stringify(input)));
    if (status === 200) return JSON.parse(body);
    const { __type, message } = errorResponse.parse(JSON.parse(body));
    throw awsError(__type.split("#").at(-1) ?? __type, message ?? operation, status);
  };
  const settled = async (TableName: string, exists: boolean) => {
    for (;;) {
      const output = await send("DescribeTable", { TableName }).catch(unlessNotFound);
      const status = output === undefined ? undefined : description.parse(output).Table.TableStatus;
      if (status === (exists ? "ACTIVE" : undefined)) return;
      await new Promise<void>((resolve) => {
        cloud.clock.afterLimit(0.01, resolve);
      });
    }
  };
  const requireUnprotected = (name: string) => {
    if (!records.get(name)?.isProtected) return;
    const message = `Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.`;
    throw awsError("ValidationException", message);
  };
  return {
    async create(table) {
      const { name, owner, schema } = table;
      // Recorded first: an existing table with this owner was created by an interrupted start.
      const isOurs = records.get(name)?.owner === owner;
      if (!isOurs) records.put(name, table);
      await send("CreateTable", { TableName: name, ...schema }).catch((error: unknown) => {
        if (!(isOurs && isNamed(error, "ResourceInUseException"))) throw error;
      });
      await settled(name, true);
    },
    update(table) {
      const record = records.get(table.name);
      // differs from AWS, which replaces the table when a key changes, and builds indexes in place.
      if (!record || JSON.stringify(record.schema) !== JSON.stringify(table.schema))
        throw new Error(
          `A change of keys, indexes or billing mode of table ${table.name} is not supported by the local cloud. Fix: revert the change.`,
        );
      records.put(table.name, { ...record, ...table });
    },
    async remove(name) {
      requireUnprotected(name);
      await send("DeleteTable", { TableName: name }).catch(unlessNotFound);
      await settled(name, false);
      records.delete(name);
    },
    requireUnprotected,
  };
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}

function unlessNotFound(error: unknown): undefined {
  if (!isNamed(error, "ResourceNotFoundException")) throw error;
  return undefined;
}
