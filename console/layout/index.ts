/** `node console/layout/index.ts`: places the states of the machines, which are fixed, so that the page needs no layout library. */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { layOut } from "./lay-out.ts";

const root = path.resolve(import.meta.dirname, "..", "..");
const machines = ["deploy", "rollback"].map((name) => {
  const definition: unknown = JSON.parse(readFileSync(path.join(root, `statemachines/${name}.asl.json`), "utf8"));
  return [name, layOut(definition)];
});
writeFileSync(
  path.join(root, "console/page/machines.gen.json"),
  `${JSON.stringify(Object.fromEntries(machines), null, 1)}\n`,
);
