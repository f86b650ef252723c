import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { checkDefinition } from "#local/services/sfn/check-definition.ts";
import { functionArn } from "#test/support/state-machine.ts";

const machine = (States: object, more: object = {}) =>
  JSON.stringify({ QueryLanguage: "JSONata", StartAt: Object.keys(States)[0], States, ...more });
const task = (more: object) => machine({ A: { Type: "Task", Resource: functionArn("f"), End: true, ...more } });
const end = { Type: "Succeed" };

it("takes what the state machines of this repository are made of", () => {
  const text = readFileSync("statemachines/deploy.asl.json", "utf8").replaceAll(/\$\{(\w+)\}/g, (_, name: string) =>
    name.endsWith("Arn") ? functionArn(name) : "60",
  );
  expect(checkDefinition(text).problems).toEqual([]);
});

it("takes every field that it runs", () => {
  const fields = {
    Comment: "all of it",
    Arguments: "{% $states.input %}",
    TimeoutSeconds: "{% 1 + 1 %}",
    HeartbeatSeconds: 1,
    Retry: [
      {
        ErrorEquals: ["A"],
        IntervalSeconds: 1,
        MaxAttempts: 0,
        BackoffRate: 1.5,
        MaxDelaySeconds: 9,
        JitterStrategy: "FULL",
      },
      { ErrorEquals: ["States.ALL"] },
    ],
    Catch: [{ ErrorEquals: ["States.ALL"], Next: "B", Output: "{% $states.errorOutput %}", Assign: { e: 1 } }],
    Output: { a: 1 },
    Assign: { v: "{% $states.result %}" },
  };
  const states = { A: { Type: "Task", Resource: functionArn("f"), ...fields, Next: "B" }, B: end };
  expect(checkDefinition(machine(states, { TimeoutSeconds: 9, Comment: "c", Version: "1.0" })).problems).toEqual([]);
});

it.each<[string, string, RegExp]>([
  ["text that is no JSON", "{", /INVALID_JSON_DESCRIPTION .* at \//],
  ["a list", "[]", /Definition must be a valid JSON object at \//],
  [
    "JSONPath for all",
    machine({ A: end }, { QueryLanguage: "JSONPath" }),
    /JSONPath is not supported by the local cloud.* at \/QueryLanguage/,
  ],
  [
    "no language, which is JSONPath",
    '{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}',
    /JSONPath is not supported by the local cloud/,
  ],
  ["JSONPath for one state", machine({ A: { ...end, QueryLanguage: "JSONPath" } }), /at \/States\/A\/QueryLanguage/],
  [
    "a field of JSONPath",
    machine({ A: { Type: "Pass", Result: 1, End: true } }),
    /Field is not supported at \/States\/A\/Result/,
  ],
  ["no states", '{"QueryLanguage":"JSONata","StartAt":"A"}', /at \/States/],
  ["a start that is not there", machine({ A: end }, { StartAt: "Z" }), /MISSING_TRANSITION_TARGET .*Z at \/StartAt/],
  ["a next state that is not there", machine({ A: { Type: "Pass", Next: "Z" } }), /MISSING_TRANSITION_TARGET/],
  ["a state that nothing leads to", machine({ A: { Type: "Pass", End: true }, B: end }), /MISSING_TRANSITION_TARGET/],
  ["an unknown type", machine({ A: { Type: "Loop", End: true } }), /at \/States\/A\/Type/],
  [
    "a Map",
    machine({ A: { Type: "Map", End: true } }),
    /type Map is not supported by the local cloud\. at \/States\/A/,
  ],
  [
    "a broken expression",
    machine({ A: { Type: "Pass", Output: { b: "{% 1 + %}" }, End: true } }),
    /'1 \+' is not valid JSONata: Unexpected end of expression at \/States\/A\/Output\/b/,
  ],
  [
    "$eval",
    machine({ A: { Type: "Pass", Output: "{% $eval('1') %}", End: true } }),
    /\$eval, which Step Functions does not support/,
  ],
  [
    "a condition that is text",
    machine({ A: { Type: "Choice", Choices: [{ Condition: "yes", Next: "B" }] }, B: end }),
    /not a JSONata expression/,
  ],
  [
    "another service",
    task({ Resource: "arn:aws:states:::sqs:sendMessage" }),
    /sqs:sendMessage is not supported by the local cloud/,
  ],
  [
    "an SDK call",
    task({ Resource: "arn:aws:states:::aws-sdk:rds:createDBSnapshot" }),
    /aws-sdk:rds:createDBSnapshot is not supported by the local cloud/,
  ],
  [
    "no function to invoke",
    task({ Resource: "arn:aws:states:::lambda:invoke", Arguments: {} }),
    /at \/States\/A\/Arguments\/FunctionName/,
  ],
  [
    "what lambda:invoke does not take",
    task({ Resource: "arn:aws:states:::lambda:invoke", Arguments: { FunctionName: "f", LogType: "Tail" } }),
    /LogType/,
  ],
  ["a time limit of 0", task({ TimeoutSeconds: 0 }), /at \/States\/A\/TimeoutSeconds/],
  [
    "States.ALL before others",
    task({ Retry: [{ ErrorEquals: ["States.ALL"] }, { ErrorEquals: ["A"] }] }),
    /States\.ALL must appear alone, in the last rule at \/States\/A\/Retry\/0/,
  ],
  ["States.ALL among others", task({ Retry: [{ ErrorEquals: ["A", "States.ALL"] }] }), /States\.ALL must appear alone/],
  [
    "a Catch in a Pass",
    machine({ A: { Type: "Pass", Catch: [], End: true } }),
    /Field is not supported at \/States\/A\/Catch/,
  ],
  ["a variable named by a number", machine({ A: { Type: "Pass", Assign: { "1a": 1 }, End: true } }), /Assign/],
  ["a wait for nothing", machine({ A: { Type: "Wait", End: true } }), /WAIT_DURATION/],
  ["no way on", machine({ A: { Type: "Pass" } }), /TERMINAL_STATE_WITH_NEXT|MISSING_TERMINAL_STATE/],
])("refuses %s, and says where", (_story, text, wanted) => {
  const problems = checkDefinition(text).problems.map(
    ({ code, message, location }) => `${code} ${message} at ${location}`,
  );
  expect(problems.join("\n")).toMatch(wanted);
});
