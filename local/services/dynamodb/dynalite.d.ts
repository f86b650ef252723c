declare module "dynalite" {
  import type { Server } from "node:http";

  /** The part of dynalite's options that is used here; the package has no types of its own. */
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
    iterator(range: { gte: string; lt: string }): AsyncIterable<[string, { TableStatus: string }]>;
    put(key: string, value: object): Promise<void>;
    close(): Promise<void>;
  }

  export function create(options: { path: string }): { db: Database };
}
