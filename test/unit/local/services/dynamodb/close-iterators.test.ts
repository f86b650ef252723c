import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { create } from "dynalite/db/index.js";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { letReturnCloseIterators } from "../../../../../local/services/dynamodb/close-iterators.ts";

const directory = mkdtempSync(path.join(tmpdir(), "lockstep-dynalite-"));
const { db } = create({ path: directory });

beforeAll(async () => {
  await db.open();
  for (const key of ["a", "b", "c"]) await db.put(key, { key });
  await letReturnCloseIterators(db);
});
afterAll(async () => {
  await db.close();
  rmSync(directory, { recursive: true });
});

test.each([
  { kind: "keys", stream: () => db.createKeyStream(), items: 3 },
  { kind: "values", stream: () => db.createValueStream(), items: 3 },
  { kind: "values", stream: () => db.createValueStream(), items: 1 },
] as const)("a stream of $kind that is read to item $items closes its iterator", async ({ kind, stream, items }) => {
  const opened = vi.spyOn(db, kind);
  expect(await stream().take(items).toArray()).toHaveLength(items);
  const iterator: unknown = opened.mock.results[0]?.value;
  await vi.waitFor(() => expect((iterator as ReturnType<typeof db.keys>).next()).rejects.toThrow("not open"));
  opened.mockRestore();
});
