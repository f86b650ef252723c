/** Set by `npm run scenarios`. Without it, `npm test` leaves out the longest scenarios, so that it stays short on a small machine. */
export const allScenarios = process.env.SCENARIOS === "all";
