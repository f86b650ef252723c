import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const run = promisify(execFile);
const root = path.resolve(import.meta.dirname, "..", "..");

/** All inputs of a synthesis; it fails when one is missing here. */
const folders = ["bin", "lib", "lambdas", "statemachines", "release-kit"];
const files = ["lockstep.config.ts", "cdk.json", "package.json", "package-lock.json", "tsconfig.json"];

let parent: string;
let first: Map<string, string>;
let second: Map<string, string>;

/** A separate checkout with the packages installed here. */
function checkOut(directory: string): string {
  mkdirSync(path.join(directory, "node_modules"), { recursive: true });
  for (const source of [...folders, ...files]) {
    cpSync(path.join(root, source), path.join(directory, source), { recursive: true });
  }
  for (const name of readdirSync(path.join(root, "node_modules"))) {
    if (name === ".cache") continue; // each checkout writes its own bundles there
    symlinkSync(path.join(root, "node_modules", name), path.join(directory, "node_modules", name));
  }
  return directory;
}

/** The hash of every file of the cloud assembly, by name. */
async function synthesize(checkout: string, output: string): Promise<Map<string, string>> {
  const cdk = path.join(root, "node_modules", "aws-cdk", "bin", "cdk");
  const env = {
    ...process.env,
    PATH: `${path.dirname(process.execPath)}:${process.env.PATH ?? ""}`,
    CDK_DISABLE_VERSION_CHECK: "1",
  };
  await run(process.execPath, [cdk, "synth", "--quiet", "--no-notices", "--output", output], { cwd: checkout, env });
  const written = globSync("**/*", { cwd: output }).filter((file) => statSync(path.join(output, file)).isFile());
  const hash = (file: string) =>
    createHash("sha256")
      .update(readFileSync(path.join(output, file)))
      .digest("hex");
  return new Map(written.toSorted().map((file) => [file, hash(file)]));
}

beforeAll(async () => {
  parent = mkdtempSync(path.join(tmpdir(), "lockstep-synth-"));
  const here = checkOut(path.join(parent, "here"));
  const elsewhere = checkOut(path.join(parent, "else", "where"));
  [first, second] = await Promise.all([
    synthesize(here, path.join(parent, "first")),
    synthesize(elsewhere, path.join(parent, "second")),
  ]);
}, 120_000);

afterAll(() => rmSync(parent, { recursive: true, force: true }));

describe("two syntheses from two checkouts", () => {
  it("reference the same assets by the same hashes", () => {
    const assets = [...first.keys()].filter((file) => file.startsWith("asset."));
    expect(assets.length).toBeGreaterThan(8);
    expect([...second.keys()].filter((file) => file.startsWith("asset."))).toEqual(assets);
  });

  // Three files are never deployed: metadata and the report of warnings have the source locations of constructs, which contain the
  // path of the checkout, and a slow synthesis writes its timings.
  const counters = "performance-counters.json";
  const report = "validation-report.json";

  it("write the same bytes", () => {
    expect([...first.keys()].filter((file) => file.endsWith(".template.json")).length).toBeGreaterThanOrEqual(3);
    const deployed = [...first].filter(
      ([file]) => !file.endsWith(".metadata.json") && ![counters, report].includes(file),
    );
    expect(deployed.filter(([file, hash]) => second.get(file) !== hash).map(([file]) => file)).toEqual([]);
    const names = (written: Map<string, string>) => [...written.keys()].filter((file) => file !== counters);
    expect(names(second)).toEqual(names(first));
  });
});
