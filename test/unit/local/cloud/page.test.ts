import { beforeAll, expect, it } from "vitest";
import { pageOf, type PageRules } from "#local/cloud/page.ts";
import { loadServiceSchema, type OperationSchema } from "#local/wire/index.ts";

let operation: OperationSchema;
beforeAll(async () => {
  const listTasks = (await loadServiceSchema("ecs")).operations.get("ListTasks");
  if (!listTasks) throw new Error("no ListTasks");
  operation = listTasks;
});

const rules: PageRules = { maxSize: 3, defaultSize: 2, invalidSize: "InvalidSize", invalidToken: "InvalidToken" };

interface Page {
  taskArns: string[];
  nextToken?: string;
}
const list = (taskArns: string[], input: object = {}, more: Partial<PageRules> = {}) =>
  pageOf({ ...rules, ...more }, { operation, input, output: { taskArns } }) as Page; // the shape of the output above

it("pages a whole list", () => {
  const first = list(["a", "b", "c"]);
  expect(first.taskArns).toEqual(["a", "b"]);
  expect(list(["a", "b", "c"], { nextToken: first.nextToken })).toEqual({ taskArns: ["c"] });
  expect(list(["a", "b", "c"], { maxResults: 3 })).toEqual({ taskArns: ["a", "b", "c"] });
});

it("shifts nothing when items are added before a page", () => {
  const { nextToken } = list(["b", "c", "d"]);
  expect(list(["a", "b", "c", "d"], { nextToken }).taskArns).toEqual(["d"]);
});

it("continues at the same place when the last item was deleted meanwhile", () => {
  const { nextToken } = list(["a", "b", "c", "d"]);
  expect(list(["a", "c", "d"], { nextToken }).taskArns).toEqual(["d"]);
  expect(list([], { nextToken }).taskArns).toEqual([]);
});

it.each([-1, 0, 4, 1.5])("refuses a page of %s", (maxResults) => {
  expect(() => list(["a"], { maxResults })).toThrow(expect.objectContaining({ name: "InvalidSize" }));
});

it("takes 0 for the default size where the service does", () => {
  expect(list(["a", "b", "c"], { maxResults: 0 }, { minSize: 0 }).taskArns).toEqual(["a", "b"]);
});

it.each(["", "none", "bm9uZQ", "WzAsImEiXQ"])('refuses the token "%s"', (nextToken) => {
  expect(() => list(["a"], { nextToken })).toThrow(expect.objectContaining({ name: "InvalidToken" }));
});

it("bounds single operations differently", () => {
  const more = { operations: { listTasks: { defaultSize: 1 } } };
  expect(list(["a", "b"], {}, more).taskArns).toEqual(["a"]);
});
