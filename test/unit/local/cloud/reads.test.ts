import { beforeAll, expect, it } from "vitest";
import { declaredInput, type InputRules } from "#local/cloud/reads.ts";
import { loadServiceSchema, type ServiceSchema } from "#local/wire/index.ts";

let rds: ServiceSchema;
beforeAll(async () => {
  rds = await loadServiceSchema("rds");
});

const rules: InputRules = {
  reads: { describeDBSnapshots: ["DBSnapshotIdentifier"], describeEvents: [] },
  inert: { describeDBSnapshots: ["SnapshotType", { IncludeShared: [false], Filters: [[]] }] },
  validation: { invalid: "InvalidParameterValue" },
  isPaged: true,
};
const read = (input: object, more: Partial<InputRules> = {}) => {
  const operation = rds.operations.get("DescribeDBSnapshots");
  if (!operation) throw new Error("no DescribeDBSnapshots");
  return declaredInput({ ...rules, ...more }, operation, input);
};

it("passes on the members that the operation reads, and no other", () => {
  const input = {
    DBSnapshotIdentifier: "a",
    SnapshotType: "manual",
    IncludeShared: false,
    Filters: [],
    MaxRecords: 20,
  };
  expect(read(input)).toEqual({ DBSnapshotIdentifier: "a" });
  expect(read({ IncludePublic: undefined })).toEqual({});
});

it("refuses a member that is not declared", () => {
  expect(() => read({ DBInstanceIdentifier: "a" })).toThrow(
    expect.objectContaining({
      name: "InvalidParameterValue",
      message: "DBInstanceIdentifier of DescribeDBSnapshots is not supported by the local cloud. Fix: leave it out.",
    }),
  );
});

it("refuses other values of a member that is inert with some", () => {
  expect(() => read({ IncludeShared: true })).toThrow(
    "IncludeShared of DescribeDBSnapshots is not supported by the local cloud with this value. Fix: leave it out or use false.",
  );
});

it("refuses the members of paging where outputs are not paged", () => {
  expect(() => read({ Marker: "a" }, { isPaged: false })).toThrow("Marker of DescribeDBSnapshots");
});
