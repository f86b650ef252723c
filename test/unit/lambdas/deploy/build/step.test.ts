import type { Build } from "@aws-sdk/client-codebuild";
import { describe, expect, test } from "vitest";
import { readImage } from "../../../../../lambdas/deploy/build/step.ts";

const digest = `sha256:${"a".repeat(64)}`;
const exported = {
  IMAGE_DIGEST: digest,
  IMAGE_URI: `111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop@${digest}`,
  MIGRATIONS: '[{"tag":"0000_init","when":1712345678901}]',
  MIGRATION_COUNT: "1",
  REQUIRED_VARIABLES: "PORT,SESSION_SECRET",
};

function build(variables: Record<string, string>): Build {
  return {
    id: "shop:1",
    exportedEnvironmentVariables: Object.entries(variables).map(([name, value]) => ({ name, value })),
  };
}

describe("what a build has exported", () => {
  test("is the image", () => {
    expect(readImage(build(exported))).toEqual({
      uri: exported.IMAGE_URI,
      digest,
      migrations: [{ tag: "0000_init", when: 1712345678901 }],
      migrationCount: 1,
      requiredVariables: ["PORT", "SESSION_SECRET"],
    });
  });

  test("may require nothing", () => {
    expect(readImage(build({ ...exported, REQUIRED_VARIABLES: "" }))).toMatchObject({ requiredVariables: [] });
  });

  test("may export lint findings of its migrations", () => {
    const finding = { tag: "0000_init", line: 1, rule: "drop-table", what: "drops table a", relation: "a" };
    const findings = { findings: [finding], more: { "0000_init": 2 } };
    const image = readImage(build({ ...exported, MIGRATION_FINDINGS: JSON.stringify(findings) }));
    expect(image).toMatchObject({ findings });
    expect(readImage(build(exported))).not.toMatchObject({ findings: expect.anything() });
  });

  test("if missing, is reported with the variables and where to export them", () => {
    const { MIGRATIONS: _, ...rest } = exported;
    const failed = readImage(build(rest));
    expect(failed).toMatchObject({ name: "BuildFailed", message: expect.stringContaining("MIGRATIONS is missing") });
    expect(failed).toMatchObject({ message: expect.stringContaining("env.exported-variables") });
  });

  test.each([
    ["IMAGE_DIGEST", "latest"],
    ["IMAGE_URI", "shop:latest"],
    ["MIGRATIONS", "[{"],
    ["MIGRATIONS", '[{"tag":1}]'],
    ["MIGRATION_COUNT", "many"],
    ["MIGRATION_FINDINGS", "[]"],
  ])("%s as %s is refused", (name, value) => {
    expect(readImage(build({ ...exported, [name]: value }))).toMatchObject({
      name: "BuildFailed",
      message: expect.stringContaining(name),
    });
  });
});
