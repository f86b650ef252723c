import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/support/synthesized.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Scenarios start whole clouds; more than two at once would only wait for each other on a small machine.
    maxWorkers: 2,
    reporters: process.env.CI ? ["verbose"] : ["default"],
  },
});
