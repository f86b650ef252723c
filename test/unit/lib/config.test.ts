import { describe, expect, it } from "vitest";
import { ConfigInvalid } from "../../../lib/config-invalid.ts";
import { parseConfig } from "../../../lib/config.ts";
import { configurationReference } from "../../../lib/configuration-reference.ts";

const valid = { name: "shop", app: {}, stages: { production: { branch: "main" } } };
const refused = (value: unknown) => {
  try {
    parseConfig(value, "lockstep.config.ts");
    return "accepted";
  } catch (error) {
    return error instanceof ConfigInvalid ? error.message : String(error);
  }
};

describe("configuration", () => {
  it("fills in defaults", () => {
    const { app, stages } = parseConfig(valid, "lockstep.config.ts");
    expect(app).toMatchObject({ port: 3000, healthPath: "/health", migrate: { folder: "drizzle" } });
    expect(stages.production).toMatchObject({ lock: "supersede", bakeMinutes: 5, database: { name: "app" } });
  });

  it.each([
    [{ ...valid, app: { port: "3000" } }, "app.port", 'found "3000"'],
    [
      { ...valid, stages: { production: { branch: "main", bakeMinuets: 3 } } },
      "stages.production",
      'unknown field "bakeMinuets"',
    ],
    [{ ...valid, stages: { production: {} } }, "stages.production.branch", "it is missing"],
    [{ ...valid, stages: {} }, "stages", "at least one stage"],
    [
      { ...valid, stages: { production: { branch: "main", heartbeatSeconds: 5, approval: { minutes: 720 } } } },
      "stages.production.approval.minutes",
      "at most 3000 heartbeats",
    ],
    [{ ...valid, name: "My Shop" }, "name", "lower-case letters"],
  ])("is refused by file, field and problem: %j", (value, field, problem) => {
    const message = refused(value);
    expect(message).toContain("lockstep.config.ts is not a valid configuration");
    expect(message).toContain(`  ${field}: `);
    expect(message).toContain(problem);
  });

  it("has a reference page that describes every field", async () => {
    await expect(configurationReference()).toMatchFileSnapshot("../../../docs/generated/configuration.md");
  });
});
