import { beforeAll, expect, it } from "vitest";
import { loadServiceSchema, type ServiceSchema } from "#local/wire/registry.ts";
import { validateInput } from "#local/wire/validate.ts";

let sfn: ServiceSchema;
let eventbridge: ServiceSchema;
let rds: ServiceSchema;

beforeAll(async () => {
  [sfn, eventbridge, rds] = await Promise.all([
    loadServiceSchema("sfn"),
    loadServiceSchema("eventbridge"),
    loadServiceSchema("rds"),
  ]);
});

const check = (service: ServiceSchema, operation: string, input: unknown) => () => {
  const schema = service.operations.get(operation);
  if (!schema) throw new Error(`no ${operation}`);
  const errors =
    service === rds
      ? { invalid: "InvalidParameterValue", missing: "MissingParameter" }
      : { invalid: "ValidationException" };
  validateInput(errors, schema, input);
};

it("takes an input that fits", () => {
  expect(check(sfn, "StartExecution", { stateMachineArn: "arn", input: "{}" })).not.toThrow();
  expect(check(sfn, "ListStateMachines", undefined)).not.toThrow();
});

it("refuses an input that is no structure", () => {
  for (const input of [null, [], "text", 1])
    expect(check(sfn, "ListStateMachines", input)).toThrow(expect.objectContaining({ name: "SerializationException" }));
});

it("names a missing member as the service does", () => {
  expect(check(sfn, "StartExecution", {})).toThrow(
    expect.objectContaining({
      name: "ValidationException",
      message:
        "1 validation error detected: Value null at 'stateMachineArn' failed to satisfy constraint: Member must not be null",
    }),
  );
  expect(check(rds, "DeleteDBInstance", {})).toThrow(
    expect.objectContaining({
      name: "MissingParameter",
      message: "The request must contain the parameter DBInstanceIdentifier.",
    }),
  );
});

it("finds a missing member deep inside", () => {
  const input = { Rule: "r", Targets: [{ Id: "1", Arn: "arn" }, { Id: "2" }] };
  expect(check(eventbridge, "PutTargets", input)).toThrow(/Value null at 'targets\.2\.member\.Arn'/);
});

it.each([
  ["a number for a string", { stateMachineArn: 7 }],
  ["a list for a string", { stateMachineArn: ["arn"] }],
  ["a string for a structure", "arn"],
])("refuses %s", (_story, input) => {
  expect(check(sfn, "StartExecution", input)).toThrow(expect.objectContaining({ name: "SerializationException" }));
});

it("refuses null as an entry of a list or map", () => {
  expect(check(eventbridge, "PutEvents", { Entries: [null] })).toThrow(
    "Value null at 'entries.1.member' failed to satisfy constraint: Member must not be null",
  );
});
