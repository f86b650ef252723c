/** Five minutes of canary become 0.3 s. */
export const speed = 1000;
export const canarySeconds = (5 * 60) / speed;

/** Another headline: the commit changes what is built, not what it depends on. */
export const change = (headline: string) => ({
  "src/headline.ts": `export const headline = ${JSON.stringify(headline)};\n`,
});
