import { awsError, type Cloud } from "#local/cloud/index.ts";
import { z } from "zod";
import type { Engine } from "./engine.ts";

/** What is known of a table beside what dynalite keeps. */
interface Table {
  name: string;
  /** Stack and logical id that made it. */
  owner: string;
  isProtected: boolean;
  /** CreateTable's input, without the name. */
  schema: object;
}

export interface Tables {
  create(table: Table): Promise<void>;
  /** Takes over what can change in place; throws when the schema does. */
  update(table: Omit<Table, "owner">): void;
  remove(name: string): Promise<void>;
  /** Throws as DeleteTable does for a table with deletion protection. */
  requireUnprotected(name: string): void;
}

const description = z.object({ Table: z.object({ TableStatus: z.string() }) });
const failure = z.object({ __type: z.string(), message: z.string().optional() });

export function createTables(cloud: Cloud, engine: Engine): Tables {
  const records = cloud.store.collection<Table>("dynamodb.tables");
  const ask = async (operation: string, input: object): Promise<unknown> => {
    const { status, body } = await engine.ask(operation, Buffer.from(JSON.stringify(input)));
    if (status === 200) return JSON.parse(body);
    const { __type, message } = failure.parse(JSON.parse(body));
    throw awsError(__type.split("#").at(-1) ?? __type, message ?? operation, status);
  };
  const settled = async (TableName: string, isThere: boolean) => {
    for (;;) {
      const found = await ask("DescribeTable", { TableName }).catch(unlessNotFound);
      const status = found === undefined ? undefined : description.parse(found).Table.TableStatus;
      if (status === (isThere ? "ACTIVE" : undefined)) return;
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
      // Noted first: a table that is there with our name on it was made by a start that was interrupted.
      const isOurs = records.get(name)?.owner === owner;
      if (!isOurs) records.put(name, table);
      await ask("CreateTable", { TableName: name, ...schema }).catch((error: unknown) => {
        if (!(isOurs && isNamed(error, "ResourceInUseException"))) throw error;
      });
      await settled(name, true);
    },
    update(table) {
      const record = records.get(table.name);
      // differs from AWS: there a changed key replaces the table, and indexes are built in place.
      if (!record || JSON.stringify(record.schema) !== JSON.stringify(table.schema))
        throw new Error(`Table ${table.name}: a change of its keys, indexes or billing is not supported.`);
      records.put(table.name, { ...record, ...table });
    },
    async remove(name) {
      requireUnprotected(name);
      await ask("DeleteTable", { TableName: name }).catch(unlessNotFound);
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
