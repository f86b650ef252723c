import { expect, it } from "vitest";
import { cases } from "../updates/cases.ts";
import { configurationFields } from "../updates/fields.ts";

it("every field of the configuration has a case in the update matrix", () => {
  expect(cases.map(({ field }) => field).toSorted()).toEqual(configurationFields().toSorted());
});
