import { mkdirSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";

/** Records of one kind under string keys. Every write is durable when the call returns. */
export interface Collection<T> {
  get(key: string): T | undefined;
  put(key: string, record: T): void;
  delete(key: string): void;
  /** Records in key order, of all keys or of those that begin with `prefix`. */
  list(prefix?: string): T[];
  keys(prefix?: string): string[];
}

/** An append-only sequence of events per stream, numbered from 1. */
export interface Journal<E> {
  append(stream: string, ...events: E[]): number;
  /** Events after sequence number `after`. */
  read(stream: string, after?: number): E[];
  /** Number of events of the stream. */
  length(stream: string): number;
  delete(stream: string): void;
}

export interface Store {
  collection<T>(name: string): Collection<T>;
  journal<E>(name: string): Journal<E>;
  /** All writes within `work` happen, or none. `work` must be synchronous; calls nest. */
  transaction<R>(work: () => R): R;
  close(): void;
}

const schema = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA busy_timeout = 5000;
  CREATE TABLE IF NOT EXISTS records (collection TEXT, key TEXT, value TEXT NOT NULL, PRIMARY KEY (collection, key)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS events (journal TEXT, stream TEXT, sequence INTEGER, value TEXT NOT NULL, PRIMARY KEY (journal, stream, sequence)) WITHOUT ROWID;
`;

/**
 * One SQLite file for the state of the control plane.
 * WAL with synchronous=NORMAL: a killed process loses nothing; a power failure may lose the last writes, never consistency.
 */
export function openStore(file: string): Store {
  if (file !== ":memory:") mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const database = new DatabaseSync(file);
  database.exec(schema);
  let depth = 0;
  return {
    collection: (name) => openCollection(database, name),
    journal: (name) => openJournal(database, name),
    transaction(work) {
      if (depth === 0) database.exec("BEGIN IMMEDIATE");
      depth += 1;
      try {
        const result = work();
        depth -= 1;
        if (depth === 0) database.exec("COMMIT");
        return result;
      } catch (error) {
        depth -= 1;
        if (depth === 0) database.exec("ROLLBACK");
        throw error;
      }
    },
    close: () => database.close(),
  };
}

function openCollection<T>(database: DatabaseSync, name: string): Collection<T> {
  const get = database.prepare("SELECT value FROM records WHERE collection = ? AND key = ?");
  const put = database.prepare("INSERT INTO records VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value");
  const remove = database.prepare("DELETE FROM records WHERE collection = ? AND key = ?");
  const list = database.prepare(
    "SELECT key, value FROM records WHERE collection = ? AND substr(key, 1, length(?)) = ? ORDER BY key",
  );
  return {
    get(key) {
      const row = get.get(name, key);
      return row ? (parse(row.value) as T) : undefined;
    },
    put: (key, record) => void put.run(name, key, JSON.stringify(record)),
    delete: (key) => void remove.run(name, key),
    list: (prefix = "") => list.all(name, prefix, prefix).map((row) => parse(row.value) as T),
    keys: (prefix = "") => list.all(name, prefix, prefix).map((row) => String(row.key)),
  };
}

function openJournal<E>(database: DatabaseSync, name: string): Journal<E> {
  const last = database.prepare(
    "SELECT coalesce(max(sequence), 0) AS last FROM events WHERE journal = ? AND stream = ?",
  );
  const insert = database.prepare("INSERT INTO events VALUES (?, ?, ?, ?)");
  const read = database.prepare(
    "SELECT value FROM events WHERE journal = ? AND stream = ? AND sequence > ? ORDER BY sequence",
  );
  const remove = database.prepare("DELETE FROM events WHERE journal = ? AND stream = ?");
  const length = (stream: string) => Number(last.get(name, stream)?.last ?? 0);
  return {
    append(stream, ...events) {
      let sequence = length(stream);
      for (const event of events) insert.run(name, stream, ++sequence, JSON.stringify(event));
      return sequence;
    },
    read: (stream, after = 0) => read.all(name, stream, after).map((row) => parse(row.value) as E),
    length,
    delete: (stream) => void remove.run(name, stream),
  };
}

// Not validated: only this file writes these rows.
function parse(value: unknown): unknown {
  return JSON.parse(String(value));
}
