import { expect, test } from "vitest";
import { findRoots } from "../../../../cli/repository/workspaces.ts";
import { repositoryOf, surveyOf } from "../support/repository.ts";

const server = { dependencies: { express: "5", "@acme/shared": "workspace:*" }, scripts: { start: "node server.js" } };
const roots = (files: Record<string, string | object>) => findRoots(repositoryOf(files)).map(({ value }) => value);

test.each([
  ["the only package", { "package.json": {} }, ["."]],
  [
    "a package of pnpm's workspace that serves",
    {
      "package.json": {},
      "pnpm-workspace.yaml": "packages: [apps/*, libs/*]",
      "apps/web/package.json": server,
      "libs/a/package.json": {},
    },
    ["apps/web"],
  ],
  [
    "a package of npm's workspaces that serves",
    {
      "package.json": { workspaces: ["packages/*"] },
      "packages/api/package.json": server,
      "packages/ui/package.json": {},
    },
    ["packages/api"],
  ],
  [
    "several packages that serve",
    { "package.json": { workspaces: ["apps/*"] }, "apps/a/package.json": server, "apps/b/package.json": server },
    ["apps/a", "apps/b"],
  ],
  [
    "a folder without a workspace",
    { "server/package.json": server, "client/package.json": { dependencies: { react: "19" } } },
    ["server"],
  ],
  [
    "the root, if it serves itself",
    { "package.json": { ...server, workspaces: ["packages/*"] }, "packages/a/package.json": server },
    ["."],
  ],
])("the app is %s", (_, files, expected) => expect(roots(files)).toEqual(expected));

test("variables of packages that the app imports are the app's", () => {
  const files = {
    "package.json": { workspaces: ["*"] },
    "web/package.json": server,
    "shared/package.json": { name: "@acme/shared" },
    "shared/index.ts": "use(process.env.FLAGS_URL!)",
    "other/package.json": { name: "other" },
    "other/index.ts": "use(process.env.OTHER!)",
  };
  expect(surveyOf(files, "web").variables.open.map(({ value }) => value.name)).toEqual(["FLAGS_URL"]);
});
