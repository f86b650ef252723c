import { type Browser, expect, type Page } from "@playwright/test";
import { afterAll, beforeAll, describe, it } from "vitest";
import { observe, type Observed, startBrowser } from "../support/browser.ts";
import { chromiumProgram } from "../support/chromium.ts";
import { firstPaint } from "../support/first-paint.ts";
import { type Frames, measureFrames } from "../support/frames.ts";
import { hostile, type LongPast, startLongPast } from "../support/long-past.ts";

// `npm run bench -- console` measures the same with the largest stage.
const past = { deployments: 1000, calls: 300, lines: 5_000 };

let stage: LongPast;
let browser: Browser;
let page: Page;
let observed: Observed;

beforeAll(async () => {
  if (chromiumProgram === undefined) return;
  [stage, browser] = await Promise.all([startLongPast(past), startBrowser()]);
  page = await (await browser.newContext({ viewport: { width: 1280, height: 900 } })).newPage();
  const url = stage.console.openingUrl("/production");
  observed = await observe(page, new URL(url).origin);
  await page.goto(url);
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await stage?.stop();
}, 60_000);

/** Other tests run at the same time: a single late frame says nothing. */
function expectFluid({ count, median, late }: Frames): void {
  expect(count).toBeGreaterThan(50);
  expect(median).toBeLessThan(50);
  expect(late).toBeLessThanOrEqual(0.05 * count);
}

describe.skipIf(chromiumProgram === undefined)("the page of a stage with a long past", () => {
  it("shows the stages soon after it is opened", async () => {
    const times: number[] = [];
    for (let run = 0; run < 5; run += 1) times.push(await firstPaint(browser, stage.console.openingUrl()));
    // 300 ms on a machine that does nothing else.
    expect(Math.min(...times)).toBeLessThan(600);
  }, 60_000);

  it("has only the rows in sight", async () => {
    const list = page.getByRole("region", { name: "Deployments" });
    await expect(list).toContainText(`Commit ${past.deployments - 1} `);
    expectFluid(await measureFrames(page, '[aria-label="Deployments"]'));
    await expect(list).toContainText("Commit 0 ");
    expect(await list.getByRole("listitem").count()).toBeLessThan(60);
  }, 60_000);

  it("reads only the first page of the deployments again when the stage changes", async () => {
    const pages: string[] = [];
    page.on("request", (request) => {
      const { pathname, searchParams } = new URL(request.url());
      if (pathname.endsWith("/deployments")) pages.push(searchParams.get("start") ?? "first");
    });
    await stage.changeLock();
    await expect.poll(() => pages).toEqual(["first"]);
  }, 60_000);

  it("has only the lines of a log in sight, and searches all of them", async () => {
    await page.goto(`${new URL(page.url()).origin}/production/deployments/${stage.newest}`);
    const log = page.getByRole("log");
    await expect(log).toContainText(`line ${past.lines - 1} `);
    await page.evaluate("document.querySelector('[role=log]').scrollTop = 0");
    await expect(log).toContainText("line 0 ");
    expectFluid(await measureFrames(page, "[role=log]"));
    expect(await log.getByRole("listitem").count()).toBeLessThan(100);
    await page.getByLabel("Search the log").fill("line 123 ");
    await expect(page.getByText(`1 of ${past.lines} lines`)).toBeVisible();
    await expect(log.getByRole("listitem")).toHaveText([new RegExp("line 123 <img")]);
    await expect(page.getByRole("region", { name: "First attempt" })).toContainText(`called ${past.calls} times`);
  }, 60_000);

  it("shows what people and programs wrote as text", async () => {
    await expect(page.getByRole("heading", { level: 1 })).toContainText(hostile);
    await expect(page.getByRole("region", { name: "First attempt" })).toContainText(hostile);
    await page.goto(`${new URL(page.url()).origin}/production/deployments/${stage.newest}/Plan`);
    await expect(page.getByRole("region", { name: "Failure" })).toContainText(hostile);
    expect(await page.evaluate("[typeof attacked, refused]")).toEqual(["undefined", []]);
    // What else the page reads is in services that this cloud does not have.
    expect({ ...observed, refused: [] }).toEqual({ foreign: [], errors: [], refused: [] });
  });

  it("works for a person who may only read, and says which rights the buttons need", async () => {
    const reader = await stage.openReader();
    const own = await (await browser.newContext()).newPage();
    await own.goto(reader.openingUrl("/production"));
    await expect(own.getByRole("region", { name: "Deployments" })).toContainText(`Commit ${past.deployments - 1} `);
    const deploy = own.getByRole("button", { name: "Deploy a commit…" });
    await expect(deploy).toHaveAttribute("aria-disabled", "true");
    await expect(deploy).toHaveAccessibleDescription("needs states:StartExecution on the deploy machine");
    await own.goto(`${new URL(own.url()).origin}/production/deployments/${stage.newest}`);
    await expect(own.getByRole("log")).toContainText(`line ${past.lines - 1} `);
    const redrive = own.getByRole("button", { name: "Redrive failed step" });
    await expect(redrive).toHaveAccessibleDescription("needs states:RedriveExecution");
    await redrive.click({ force: true });
    await expect(own.getByRole("dialog")).toBeHidden();
    await reader.close();
  }, 60_000);
});
