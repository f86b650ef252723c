import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import dataSource from "../dist/data-source.js";

before(() => dataSource.initialize());
after(() => dataSource.destroy());

test("a booking is stored", async () => {
  const { id } = await dataSource.getRepository("Booking").save({ guest: "Ada", arrival: "2026-01-01" });
  assert.equal(typeof id, "number");
});
