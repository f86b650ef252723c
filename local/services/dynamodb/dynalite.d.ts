declare module "dynalite" {
  import type { Server } from "node:http";

  /** The options of dynalite that are used here; the package has no types. */
  export interface DynaliteOptions {
    /** LevelDB directory. */
    path: string;
    createTableMs: number;
    updateTableMs: number;
    deleteTableMs: number;
  }

  export default function dynalite(options: DynaliteOptions): Server;
}

declare module "dynalite/db/index.js" {
  import type { Readable } from "node:stream";

  interface Iterator {
    next(): Promise<string | undefined>;
    close(): Promise<void>;
  }

  interface Database {
    open(): Promise<void>;
    iterator(range: { gte: string; lt: string }): AsyncIterable<[string, { TableStatus: string }]>;
    put(key: string, value: object): Promise<void>;
    keys(): Iterator;
    values(): Iterator;
    createKeyStream(): Readable;
    createValueStream(): Readable;
    close(): Promise<void>;
  }

  export function create(options: { path: string }): { db: Database };
}
