import { expect, it } from "vitest";
import { accessRequest, type AnyAccessRule } from "#local/cloud/access-rules.ts";

const resourcesOf = (rule: AnyAccessRule | undefined, input: object) =>
  accessRequest(rule, input, (resource) => `arn:aws:rds:::${resource}`).resources;

it.each<[string, AnyAccessRule, object, string[]]>([
  ["names a resource", "db:{Id}", { Id: "shop" }, ["arn:aws:rds:::db:shop"]],
  ["takes any resource for a missing member", "db:{Id}", {}, ["arn:aws:rds:::db:*"]],
  ["leaves out what an optional member does not name", ["db:{Id}", "pg:{Group?}"], { Id: "a" }, ["arn:aws:rds:::db:a"]],
  ["keeps an ARN", "db:{Id}", { Id: "arn:aws:rds:::db:x" }, ["arn:aws:rds:::db:x"]],
  ["takes all of a list", "db:{Ids}", { Ids: ["a", "b"] }, ["arn:aws:rds:::db:a", "arn:aws:rds:::db:b"]],
  ["combines members", "{A}/{B}", { A: "x", B: "y" }, ["arn:aws:rds:::x/y"]],
  ["does not read a name as a template", "{A}/{B}", { A: "{B}", B: "y" }, ["arn:aws:rds:::{B}/y"]],
  ["asks for * when a member that is an ARN is missing", "{ResourceArn}", {}, ["*"]],
  ["completes what a function returns", () => ({ resources: ["db:a"] }), {}, ["arn:aws:rds:::db:a"]],
])("%s", (...[, rule, input, resources]) => {
  expect(resourcesOf(rule, input)).toEqual(resources);
});

it("completes the resources of other actions that a call requires", () => {
  const rule = () => ({ also: [{ action: "rds:AddTagsToResource", resources: ["db:a"] }] });
  expect(accessRequest(rule, {}, (resource) => `arn:aws:rds:::${resource}`)).toEqual({
    also: [{ action: "rds:AddTagsToResource", resources: ["arn:aws:rds:::db:a"] }],
  });
});

it("changes nothing without a rule", () => {
  expect(accessRequest(undefined, {}, String)).toEqual({});
});
