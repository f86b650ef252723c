import { globSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";

interface Template {
  readonly Resources: Readonly<Record<string, { Type: string; Properties: Readonly<Record<string, unknown>> }>>;
}

const root = path.resolve(import.meta.dirname, "../..");
const document = readFileSync(path.join(root, "docs/architecture.md"), "utf8");
const prefix = /^storefront-production-/;
const resources = globSync("cdk.out/*.template.json", { cwd: root }).flatMap((file) =>
  Object.values((JSON.parse(readFileSync(path.join(root, file), "utf8")) as Template).Resources),
);

/** Labels of the nodes of one Mermaid class: `id["label"]:::class`. */
const nodes = (kind: string) =>
  [...document.matchAll(new RegExp(String.raw`\w+[\[{]+"([^"]+)"[\]}]+:::${kind}\b`, "g"))]
    .map(([, label = ""]) => label)
    .toSorted();

const namesOf = (type: string, property: string) =>
  resources
    .filter(({ Type }) => Type === type)
    .map(({ Properties }) => String(Properties[property]).replace(prefix, ""))
    .toSorted();

const folders = (directory: string) =>
  readdirSync(path.join(root, directory), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .toSorted();

it("shows every Lambda function once", () => {
  expect(nodes("function")).toEqual(namesOf("AWS::Lambda::Function", "FunctionName"));
});

it("shows every state machine once", () => {
  expect(nodes("machine")).toEqual(namesOf("AWS::StepFunctions::StateMachine", "StateMachineName"));
});

it("shows every room and service of the local cloud once", () => {
  expect(nodes("room")).toEqual(folders("local"));
  expect(nodes("service")).toEqual(folders("local/services"));
});
