import { existsSync, globSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";

const root = path.resolve(import.meta.dirname, "..");
const read = (file: string) => readFileSync(path.join(root, file), "utf8");
const unique = (names: Iterable<string>) => [...new Set(names)].toSorted();

describe("docs/operations.md", () => {
  it("explains every alarm, and no other", () => {
    const names = Object.values(templates("Service"))
      .filter(({ Type }) => Type === "AWS::CloudWatch::Alarm")
      .map(({ Properties }) => String(Properties.AlarmName).replace("storefront-production-", ""));
    expect(names.length).toBeGreaterThan(5);
    expect(firstColumn("docs/operations.md", "Alarms")).toEqual(unique(names));
  });

  it("explains every error under which an execution fails, and no other", () => {
    const classes = [...read("lambdas/core/errors.ts").matchAll(/override readonly name = "(\w+)"/g)];
    const caught = globSync("statemachines/*.asl.json", { cwd: root }).flatMap((file) =>
      [...read(file).matchAll(/"ErrorEquals":\s*\[([^\]]*)\]/g)].flatMap(
        ([, list = ""]) => list.match(/[\w.]+/g) ?? [],
      ),
    );
    const aborted = [...read("cli/stage/abort.ts").matchAll(/error: "(\w+)"/g)];
    const names = [...classes, ...aborted].map(([, name = ""]) => name);
    expect(names.length).toBeGreaterThan(15);
    expect(firstColumn("docs/operations.md", "Errors of executions")).toEqual(unique([...names, ...caught]));
  });

  it("explains every event that Lockstep publishes, and no other", () => {
    const names = [...read("lambdas/core/notice.ts").matchAll(/\| "(Lockstep [^"]+)"/g)].map(([, name = ""]) => name);
    expect(names.length).toBeGreaterThan(2);
    expect(firstColumn("docs/operations.md", "Notifications")).toEqual(unique(names));
  });
});

describe("docs/aws.md", () => {
  it("says when every field of the configuration takes effect", () => {
    const fields = [...read("docs/generated/configuration.md").matchAll(/^\| `([^`]+)`/gm)].map(([, field = ""]) =>
      field.replace("stages.<name>.", ""),
    );
    const explained = ["Fixed at the first deployment", "What takes effect when"].flatMap((title) =>
      firstColumn("docs/aws.md", title),
    );
    const covers = (field: string) =>
      explained.some(
        (name) => path.matchesGlob(field, name) || field.endsWith(`.${name}`) || field.startsWith(`${name}.`),
      );
    expect(fields.length).toBeGreaterThan(30);
    expect(fields.filter((field) => !covers(field))).toEqual([]);
  });

  it("names the stacks that are synthesized", () => {
    const stacks = globSync("cdk.out/*.template.json", { cwd: root }).map((file) =>
      path.basename(file, ".template.json").replace("Storefront", "<App>").replace("Production", "<Stage>"),
    );
    expect(firstColumn("docs/aws.md", "What is created")).toEqual(unique(stacks));
  });
});

const documents = ["SECURITY.md", ...globSync("docs/*.md", { cwd: root })];

describe.each(documents)("%s", (document) => {
  it("links only to files and sections that exist", () => {
    const links = [...read(document).matchAll(/\]\((?!https?:)([^)]+)\)/g)].map(([, link = ""]) => link.split("#"));
    const missing = links.filter(([file = "", section]) => {
      const target = file === "" ? document : path.join(path.dirname(document), file);
      if (!existsSync(path.join(root, target))) return true;
      return section !== undefined && !sections(target).includes(section);
    });
    expect(missing).toEqual([]);
  });

  it("names only commands of lockstep that exist", () => {
    const commands = globSync("cli/commands/*.ts", { cwd: root }).map((file) => path.basename(file, ".ts"));
    const named = [...read(document).matchAll(/(?:npx |`)lockstep ([a-z]+)/g)].map(([, name = ""]) => name);
    expect(named.filter((name) => ![...commands, "approve", "reject"].includes(name))).toEqual([]);
  });
});

function templates(stack: string): Record<string, { Type: string; Properties: Record<string, unknown> }> {
  const file = `cdk.out/Storefront-Production-${stack}.template.json`;
  return (JSON.parse(read(file)) as { Resources: ReturnType<typeof templates> }).Resources;
}

/** The names in backticks in the first column of the table under a heading. */
function firstColumn(document: string, title: string): string[] {
  const section =
    read(document)
      .split(/^#+ /m)
      .find((text) => text.startsWith(`${title}\n`)) ?? "";
  const cells = [...section.matchAll(/^\|([^|]+)\|/gm)].map(([, cell = ""]) => cell);
  return unique(cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name)));
}

/** Anchors of headings, as GitHub makes them. */
const sections = (document: string) =>
  [...read(document).matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) =>
    title
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );
