import { mkdirSync, statSync } from "node:fs";
import path from "node:path";
import { expect, type Page } from "@playwright/test";

const folder = path.resolve(import.meta.dirname, "..", "..", "docs", "images");
const maxBytes = 150_000;

/** For the documents, with `npm run screenshots`; otherwise nothing is written. */
export async function takeScreenshot(
  page: Page,
  name: string,
  look: { scheme: "light" | "dark"; size?: { width: number; height: number } },
): Promise<void> {
  if (process.env.SCREENSHOTS !== "write") return;
  const former = page.viewportSize();
  await page.emulateMedia({ colorScheme: look.scheme });
  await page.setViewportSize(look.size ?? { width: 1120, height: 720 });
  await page.reload(); // without messages of earlier actions and the focus of a button
  await page.mouse.move(0, 0);
  await expect(page.getByRole("list", { name: "Steps" })).toBeVisible();
  await expect(page.getByText(/^(Loading|Reading) /)).toHaveCount(0);
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `console-${name}.png`);
  await page.screenshot({ path: file, animations: "disabled" });
  if (former) await page.setViewportSize(former);
  expect(statSync(file).size, file).toBeLessThan(maxBytes);
}
