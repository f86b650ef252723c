import { type Browser, expect as expectSoon, type Locator, type Page } from "@playwright/test";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { type ExecutionStatus, ListExecutionsCommand, SFNClient } from "@aws-sdk/client-sfn";
import { DynamoDBDocumentClient, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, describe, it } from "vitest";
import { appFiles, scripts, withBehavior } from "../matrix/app.ts";
import { allScenarios } from "../support/all-scenarios.ts";
import { checkAccessibility, checkPhone, observe, phone, type Observed, startBrowser } from "../support/browser.ts";
import { chromiumProgram } from "../support/chromium.ts";
import type { ConsoleProcess } from "../support/console-process.ts";
import type { WorkingCopy } from "../support/git.ts";
import { takeScreenshot } from "../support/screenshots.ts";
import { startStage, type Stage } from "../support/stage.ts";

/** A build with the token of a private registry. */
const install = `test "$NPM_TOKEN" = valid || { echo "npm error 401 Unauthorized: the token of npm.example.com has expired"; exit 1; }`;
const build = `${install}; mkdir -p dist && cp src/* dist/`;
/** Long enough to stop a rollback to a release that starts so slowly. */
const startSeconds = allScenarios ? 8 : 0;
/** Text of people and programs that a page must only show. */
const hostile = `<img src=x onerror="attacked=1"><script>attacked=2</script>`;
// A busy machine answers late.
const expect = expectSoon.configure({ timeout: 20_000 });
const slow = expectSoon.configure({ timeout: 90_000 });

let stage: Stage;
let copy: WorkingCopy;
let server: ConsoleProcess;
let browser: Browser;
let page: Page;
let observed: Observed;

beforeAll(async () => {
  if (chromiumProgram === undefined) return;
  const changes = {
    approval: { minutes: 720 },
    traffic: { canary: { percent: 10, minutes: 1 } },
    bakeMinutes: 60,
    snapshot: "always",
    alarms: { windowMinutes: 2880 },
  };
  stage = await startStage({ changes, build: { secrets: ["NPM_TOKEN"] } });
  copy = await stage.clone("tiny-app");
  [server, browser] = await Promise.all([stage.openConsole(), startBrowser()]);
  page = await (await browser.newContext({ viewport: { width: 1280, height: 900 } })).newPage();
  observed = await observe(page, new URL(server.url).origin);
  await page.goto(server.url);
}, 300_000);

afterAll(async () => {
  await browser?.close();
  await server?.close();
  await stage?.remove();
  copy?.remove();
}, 60_000);

async function push(title: string, files: Readonly<Record<string, string>>): Promise<void> {
  await copy.commit(files, title);
  await copy.git("push", "--quiet", "origin", "HEAD:refs/heads/main");
}

const link = (name: string | RegExp): Locator => page.getByRole("link", { name });
const rows = (): Locator => page.getByRole("region", { name: "Deployments" }).getByRole("listitem");
/** Beside the step, if it is open. */
const failure = (text: string): Locator =>
  page
    .getByRole("region", { name: /^(Failure|First attempt|Redrive \d+)$/ })
    .filter({ hasText: text })
    .first();
const frozenNotice = (): Locator => page.getByRole("region", { name: "Frozen" });
/** Of the deployment that is shown. Dialogs that are closed have text, too. */
const outcome = (): Locator => page.getByRole("main").locator("header .status").first();

/** Opens a deployment from the list, where the newest is the first. */
async function open(title: string, position: "newest" | "earlier" = "newest"): Promise<void> {
  await page.getByRole("navigation", { name: "Stages" }).getByRole("link", { name: "production" }).click();
  // The title is read when the build starts.
  const row = position === "newest" ? rows().first() : rows().filter({ hasText: title }).first();
  await slow(row).toContainText(title);
  await row.getByRole("link").click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText(title);
}

interface Press {
  reason?: string;
  /** Where the button is. */
  within?: Locator;
  /** The button in the dialog, if it has another name. */
  confirm?: string;
  /** One of the radio buttons in the dialog. */
  choice?: RegExp;
}

/** Presses a button, and confirms what it will do. */
async function press(name: string, { reason, within, confirm = name, choice }: Press = {}): Promise<void> {
  await (within ?? page).getByRole("button", { name, exact: true }).click();
  const dialog = page.getByRole("dialog");
  if (choice) await dialog.getByRole("radio", { name: choice }).check();
  if (reason) await dialog.getByLabel("Reason, for the record").fill(reason);
  await dialog.getByRole("button", { name: confirm, exact: true }).click();
  await expect(dialog).toBeHidden();
}

async function approve(): Promise<void> {
  await slow(outcome()).toContainText("waiting for approval");
  await press("Approve", { reason: "looks good" });
  await slow(outcome()).toContainText("deployed");
}

async function executions(machine: string, statusFilter?: ExecutionStatus): Promise<string[]> {
  const stateMachineArn = `arn:aws:states:eu-central-1:123456789012:stateMachine:storefront-production-${machine}`;
  const query = new ListExecutionsCommand({ stateMachineArn, ...(statusFilter && { statusFilter }) });
  const { executions: ended = [] } = await (await stage.client(SFNClient)).send(query);
  return ended.map(({ executionArn = "" }) => executionArn);
}

const served = async () => (await fetch(await stage.url())).headers.get("x-release");

describe.skipIf(chromiumProgram === undefined)("the console in a browser", () => {
  it("redrives a deployment that failed at its build, when the secret of the build is set", async () => {
    await expect(page.getByRole("heading", { name: "Stages" })).toBeVisible();
    await stage.lockstepWithInput("wrong", "secret", "set", "NPM_TOKEN", "--build");
    await push("List the entries", { ...(await appFiles()), ...scripts({ build }) });
    await open("List the entries");
    await slow(outcome()).toContainText("failed; production unchanged");
    await expect(failure("401 Unauthorized")).toContainText("BuildFailed");
    await expect(page.getByRole("log", { name: "Lines of build" })).toContainText("401 Unauthorized");
    await takeScreenshot(page, "failure", { scheme: "light" });
    await checkAccessibility(page);
    await checkPhone(page);
    await stage.lockstepWithInput("valid", "secret", "set", "NPM_TOKEN", "--build");
    await press("Redrive failed step");
    await expect(page.getByRole("status").filter({ hasText: "resumes at the step that failed" })).toBeVisible();
    await approve();
    expect(await served()).toBe(await copy.git("rev-parse", "HEAD"));
    await link(/^Build/).click();
    await expect(page.getByRole("region", { name: "Redrive 1" }).last()).toBeVisible();
  }, 180_000);

  it("rejects, redrives and approves, and runs no script of a commit message, a log or an error", async () => {
    const loud = `${build} && printf '\\033[31m%s\\033[0m\\n' '${hostile}'`;
    await push(`Add notes ${hostile}`, { ...scripts({ build: loud }), ...withBehavior({ note: "two", startSeconds }) });
    await open("Add notes");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(`Add notes ${hostile}`);
    await slow(outcome()).toContainText("waiting for approval");
    await link(/^Build/).click();
    await slow(page.getByRole("log", { name: "Lines of build" })).toContainText(hostile);
    await press("Reject", { reason: hostile });
    await slow(outcome()).toContainText("failed; production unchanged");
    await expect(failure(hostile)).toBeVisible();
    expect(await page.evaluate("[typeof attacked, refused]")).toEqual(["undefined", []]);
    await press("Redrive failed step");
    await approve();
    expect(await served()).toBe(await copy.git("rev-parse", "HEAD"));
  }, 180_000);

  it("returns traffic to an earlier release, which it offers with the time in which it was live", async () => {
    const first = await copy.git("rev-parse", "HEAD^");
    await link("production").first().click();
    await expect(page.getByText("Rollback: ✓ ready")).toBeVisible();
    await press("Roll back to…", { choice: /^List the entries/, reason: "it was better", confirm: "Roll back" });
    await open("Add notes");
    await slow(outcome()).toContainText("rolled back");
    await expect(page.getByRole("region", { name: "Rollback" })).toContainText("rolled back");
    expect(await served()).toBe(first);
  }, 180_000);

  it.runIf(allScenarios)(
    "stops a rollback, which freezes the stage, and redrives it",
    async () => {
      await open("Add notes");
      await press("Roll back to this release", { reason: "it was better, after all" });
      await link("production").first().click();
      await expect(page.getByRole("button", { name: "Stop the rollback" })).toBeVisible();
      await press("Stop the rollback", { reason: "the wrong release" });
      await slow(frozenNotice()).toBeVisible();
      await checkAccessibility(page);
      await press("Redrive", { within: frozenNotice() });
      await slow(frozenNotice()).toBeHidden();
      expect(await served()).toBe(await copy.git("rev-parse", "HEAD"));
    },
    180_000,
  );

  it("deploys the commit of an earlier deployment again, records who started it, and aborts it", async () => {
    await open("List the entries", "earlier");
    await press("Deploy this commit");
    await link("production").first().click();
    await slow(rows().filter({ hasText: "List the entries" })).toHaveCount(2);
    await open("List the entries");
    await slow(outcome()).toContainText(/running: Build|waiting for approval/);
    await expect(page.getByRole("main")).toContainText("arn:aws:iam::123456789012:root");
    await press("Abort", { reason: "the wrong day" });
    await slow(outcome()).toContainText("failed; production unchanged");
    await expect(failure("the wrong day")).toBeVisible();
    await link("production").first().click();
    await press("Deploy a commit…", { choice: /^List the entries/, confirm: "Deploy" });
    await slow(rows().filter({ hasText: "List the entries" })).toHaveCount(3);
    await open("List the entries");
    await press("Abort");
    await slow(outcome()).toContainText("failed; production unchanged");
  }, 180_000);

  it("shows the rollback that an alarm starts during the bake", async () => {
    await push("Answer faster", { ...scripts({ build }), ...withBehavior({ note: "four" }) });
    await open("Answer faster");
    await slow(outcome()).toContainText("waiting for approval");
    await press("Approve");
    await slow(link(/^Bake.*running/)).toBeVisible();
    await takeScreenshot(page, "deployment", { scheme: "dark" });
    await takeScreenshot(page, "phone", { scheme: "light", size: phone });
    await link("production").first().click();
    await link("Traffic and alarms").click();
    const alarm = page.getByRole("listitem").filter({ hasText: "storefront-production-failed-checks" });
    // As on AWS, the state lasts until the next evaluation, and CodeDeploy may poll the alarms only after it.
    await expect(async () => {
      if (await alarm.getByRole("button", { name: "Set to ALARM" }).isVisible())
        await press("Set to ALARM", { within: alarm });
      expect((await stage.status()).rolledBack).not.toBeNull();
    }).toPass({ timeout: 90_000 });
    await open("Answer faster");
    await slow(outcome()).toContainText("rolled back");
    await expect(failure("failed-checks")).toBeVisible();
  }, 180_000);

  it("unlocks a frozen stage", async () => {
    const documents = DynamoDBDocumentClient.from(await stage.client(DynamoDBClient));
    const [holder = ""] = await executions("deploy");
    const frozen = { reason: `RollbackFailed: ${hostile}`, since: new Date().toISOString(), execution: holder };
    const freeze = new UpdateCommand({
      TableName: "storefront-production",
      Key: { pk: "lock", sk: "lock" },
      UpdateExpression: "SET holder = :holder, frozen = :frozen",
      ConditionExpression: "attribute_not_exists(holder)",
      ExpressionAttributeValues: { ":holder": holder, ":frozen": frozen },
    });
    await expect(() => documents.send(freeze)).toPass({ timeout: 20_000 });
    await link("production").first().click();
    await slow(frozenNotice()).toContainText(hostile);
    await press("Unlock", { reason: "it was looked at" });
    await slow(frozenNotice()).toBeHidden();
    expect((await stage.status()).frozen).toBeNull();
  }, 60_000);

  it("restores a snapshot when the name of the stage is typed", async () => {
    await link("Database").click();
    const newest = page.getByRole("region", { name: "Snapshots" }).getByRole("listitem").first();
    await newest.getByRole("button", { name: "Restore" }).click();
    const dialog = page.getByRole("dialog");
    const restore = dialog.getByRole("button", { name: "Restore" });
    await slow(dialog.getByLabel(/^Type production/)).toBeVisible();
    await expect(restore).toBeDisabled();
    await checkAccessibility(page);
    await dialog.getByLabel(/^Type production/).fill("productio");
    await expect(restore).toBeDisabled();
    await dialog.getByLabel(/^Type production/).fill("production");
    await restore.click();
    await expect(page.getByRole("status").filter({ hasText: "Restoring storefront-production" })).toBeVisible();
    await expect(async () => expect(await executions("restore", "SUCCEEDED")).toHaveLength(1)).toPass({
      timeout: 60_000,
    });
  }, 180_000);

  it.each(["/", "/production", "/production/traffic", "/production/database", "/production/unknown/address"])(
    "has no accessibility violation at %s, in light and dark, and on a phone",
    async (address) => {
      await page.goto(new URL(address, page.url()).href);
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      await expect(page.getByText("Loading …")).toHaveCount(0);
      await checkAccessibility(page);
      await checkPhone(page);
    },
    60_000,
  );

  it.each(["deployment", "stage", "traffic"])(
    "has no accessibility violation in the dialogs of the view %s",
    async (view) => {
      await open("List the entries", "earlier");
      if (view !== "deployment") await link("production").first().click();
      if (view === "traffic") await link("Traffic and alarms").click();
      const buttons = page.locator("main button[aria-haspopup=dialog]:not([aria-disabled=true])");
      await expect(buttons.first()).toBeVisible();
      for (const button of await buttons.all()) {
        await button.click();
        const dialog = page.getByRole("dialog");
        await expect(dialog.getByRole("button", { name: "Cancel" })).toBeVisible();
        await checkAccessibility(page);
        await checkPhone(page);
        await page.keyboard.press("Escape");
        await expect(dialog).toBeHidden();
      }
    },
    60_000,
  );

  it("has no accessibility violation in the receipt of a deployment", async () => {
    await open("List the entries", "earlier");
    await link(/^Receipt/).click();
    await expect(page.getByRole("heading", { level: 1 })).toContainText("Receipt");
    await checkAccessibility(page);
    await checkPhone(page);
  }, 60_000);

  it("loads nothing from elsewhere, and has no errors", () => {
    expect(observed).toEqual({ foreign: [], errors: [], refused: [] });
  });
});
