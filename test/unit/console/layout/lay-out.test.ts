import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { layOut } from "../../../../console/layout/lay-out.ts";

const root = path.resolve(import.meta.dirname, "../../../..");
const read = (file: string): unknown => JSON.parse(readFileSync(path.join(root, file), "utf8"));

it("is the layout of the machines as they are now; to update it, run: node console/layout/index.ts", () => {
  const machines = { deploy: read("statemachines/deploy.asl.json"), rollback: read("statemachines/rollback.asl.json") };
  expect(read("console/page/machines.gen.json")).toEqual({
    deploy: layOut(machines.deploy),
    rollback: layOut(machines.rollback),
  });
});
