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
  interface Database {
    open(): Promise<void>;
    iterator(range: { gte: string; lt: string }): AsyncIterable<[string, { TableStatus: string }]>;
    put(key: string, value: object): Promise<void>;
    close(): Promise<void>;
  }

  export function create(options: { path: string }): { db: Database };
}
