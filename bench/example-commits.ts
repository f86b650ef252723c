/** Shortens a canary of five minutes to 0.3 s. */
export const speed = 1000;
export const canarySeconds = (5 * 60) / speed;

/** Changes the headline: the build output changes, its dependencies do not. */
export const change = (headline: string) => ({
  "src/headline.ts": `export const headline = ${JSON.stringify(headline)};\n`,
});
