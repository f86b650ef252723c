import { expect, it } from "vitest";
import { records } from "#local/cloud/records.ts";
import { openStore } from "#local/kernel/index.ts";

const open = () => records<{ id: string; size: number }>(openStore(":memory:"), "things", ({ id }) => id);

it("keys records by themselves", () => {
  const things = open();
  things.save({ id: "a", size: 1 });
  things.save({ id: "b", size: 2 });
  expect(things.get("a")).toEqual({ id: "a", size: 1 });
  expect(things.find(({ size }) => size === 2)?.id).toBe("b");
});

it("changes a record as it is now, and none that is missing", () => {
  const things = open();
  things.save({ id: "a", size: 1 });
  expect(things.update("a", (now) => ({ ...now, size: now.size + 1 }))).toEqual({ id: "a", size: 2 });
  expect(things.get("a")?.size).toBe(2);
  expect(things.update("b", (now) => now)).toBeUndefined();
});
