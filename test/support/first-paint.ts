import type { Browser } from "@playwright/test";

/** In the browser: the first frame that shows what is live on a stage. */
const recordPaint = `shown = new Promise((resolve) => {
  const look = () =>
    document.querySelector("main dl dd") ? requestAnimationFrame(() => resolve(performance.now())) : requestAnimationFrame(look);
  requestAnimationFrame(look);
});`;

/** Milliseconds until a new browser profile shows the stages. */
export async function firstPaint(browser: Browser, url: string): Promise<number> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.addInitScript({ content: recordPaint });
  await page.goto(url);
  const milliseconds = await page.evaluate<number>("shown");
  await context.close();
  return Math.round(milliseconds);
}
