import path from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Scenarios take longest: begun last, they would keep one worker busy while the others have nothing to do. */
class ScenariosFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isScenario = ({ moduleId }: TestSpecification) => moduleId.includes("/test/scenario/");
    return (await super.sort(files)).toSorted((a, b) => Number(isScenario(b)) - Number(isScenario(a)));
  }
}

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/support/synthesized.ts"],
    // As the command line does: programs that tests start need not be compiled again.
    env: { NODE_COMPILE_CACHE: path.join(import.meta.dirname, "node_modules", ".cache", "compile") },
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Scenarios start whole clouds; more than two at once would only wait for each other on a small machine.
    maxWorkers: 2,
    sequence: { sequencer: ScenariosFirst },
    reporters: process.env.CI ? ["verbose"] : ["default"],
  },
});
