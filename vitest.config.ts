import path from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Starts scenarios first: they take longest, and would run alone at the end. */
class ScenariosFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isScenario = ({ moduleId }: TestSpecification) => moduleId.includes("/test/scenario/");
    return (await super.sort(files)).toSorted((a, b) => Number(isScenario(b)) - Number(isScenario(a)));
  }
}

const unit = ["test/unit/**/*.test.ts", "test/synth/**/*.test.ts"];

export default defineConfig({
  test: {
    projects: [
      // No test changes the state of a module: a file can run in the worker of another one, with the modules that it has loaded.
      { extends: true, test: { name: "unit", include: unit, isolate: false } },
      {
        extends: true,
        test: { name: "cloud", include: ["test/**/*.test.ts"], exclude: ["test/shapes/apps", ...unit] },
      },
    ],
    globalSetup: ["test/support/synthesized.ts"],
    // Like the command line: processes started by tests reuse compiled code.
    env: { NODE_COMPILE_CACHE: path.join(import.meta.dirname, "node_modules", ".cache", "compile") },
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Scenarios start complete clouds; more than two at once would compete for a small machine.
    maxWorkers: 2,
    sequence: { sequencer: ScenariosFirst },
    reporters: process.env.CI ? ["verbose"] : ["default"],
  },
});
