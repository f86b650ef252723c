// The console's page with the largest stage: 10,000 deployments, a history at the limit of Step Functions, 100,000 lines of a log.
import { type Browser, expect, type Page } from "@playwright/test";
import { startBrowser } from "#test/support/browser.ts";
import { type Frames, measureFrames } from "#test/support/frames.ts";
import { firstPaint } from "#test/support/first-paint.ts";
import { startLongPast } from "#test/support/long-past.ts";
import { median, rounded, spread } from "./numbers.ts";

/** Three events a call, and Step Functions ends an execution at 25,000: the first is its start, the last its end. */
const past = { deployments: 10_000, calls: 8_331, lines: 100_000 };
const paints = 15;
const budgets = { paintMs: 300, frameMs: 100 };

export async function benchConsole(): Promise<void> {
  const stage = await startLongPast(past);
  const browser = await startBrowser();
  try {
    const times: number[] = [];
    for (let run = 0; run < paints; run += 1) times.push(await firstPaint(browser, stage.console.openingUrl()));
    console.log(`First paint of the stages, milliseconds: median (range) of ${paints}: ${spread(times)}`);
    const page = await openPage(browser, stage.console.openingUrl("/production"));
    const frames = {
      [`list of ${past.deployments} deployments`]: await scrollDeployments(page),
      ...(await scrollDeployment(page, stage.newest)),
    };
    console.log("Scrolled by most of a screen with each frame, milliseconds between frames");
    console.table(frames);
    check(median(times), Object.values(frames));
  } finally {
    await browser.close();
    await stage.stop();
  }
}

async function openPage(browser: Browser, url: string): Promise<Page> {
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 900 } })).newPage();
  await page.goto(url);
  return page;
}

async function scrollDeployments(page: Page): Promise<Frames> {
  const list = page.getByRole("region", { name: "Deployments" });
  await expect(list).toContainText(`Commit ${past.deployments - 1} `);
  const frames = await measureFrames(page, '[aria-label="Deployments"]');
  await expect(list.getByText("Commit 0 ")).toBeVisible();
  return rounds(frames);
}

async function scrollDeployment(page: Page, id: string): Promise<Record<string, Frames>> {
  const begun = performance.now();
  await page.goto(`${new URL(page.url()).origin}/production/deployments/${id}`);
  await expect(page.getByText(`called ${past.calls} times`)).toBeVisible({ timeout: 60_000 });
  console.log(`A history of 25,000 events is shown after ${rounded((performance.now() - begun) / 1000)} s`);
  await expect(page.getByRole("log")).toContainText(`line ${past.lines - 1} `, { timeout: 60_000 });
  console.log(`The log of ${past.lines} lines is shown after ${rounded((performance.now() - begun) / 1000)} s`);
  const history = await measureFrames(page, "html");
  await page.evaluate("document.querySelector('[role=log]').scrollTop = 0");
  await expect(page.getByRole("log")).toContainText("line 0 ");
  const log = await measureFrames(page, "[role=log]");
  return { "history of 25,000 events": rounds(history), [`log of ${past.lines} lines`]: rounds(log) };
}

const rounds = (times: Frames): Frames => ({
  ...times,
  median: rounded(times.median, 1),
  longest: rounded(times.longest, 1),
});

function check(paint: number, frames: readonly Frames[]): void {
  const longest = Math.max(...frames.map((one) => one.longest));
  if (paint > budgets.paintMs) throw new Error(`The first paint takes ${paint} ms, more than ${budgets.paintMs} ms.`);
  if (longest > budgets.frameMs)
    throw new Error(`The longest frame takes ${longest} ms, more than ${budgets.frameMs} ms.`);
}
