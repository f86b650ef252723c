import { AxeBuilder } from "@axe-core/playwright";
import { type Browser, chromium, expect, type Page } from "@playwright/test";
import { chromiumProgram } from "./chromium.ts";

/** Chromium does not start its sandbox as root, nor in many containers. */
export async function startBrowser(): Promise<Browser> {
  const launch = (chromiumSandbox: boolean) =>
    chromium.launch({ ...(chromiumProgram !== undefined && { executablePath: chromiumProgram }), chromiumSandbox });
  if (process.getuid?.() === 0) return launch(false);
  return launch(true).catch(() => launch(false));
}

/** What a page did that it must not do. */
export interface Observed {
  /** Requests to other origins. */
  foreign: string[];
  /** Errors of scripts, and in the console of the browser. */
  errors: string[];
  /** Requests that the server refused, or could not answer. */
  refused: string[];
}

/** In the browser. The policy refuses a script before it runs; none may even be tried. */
const recordRefusals = `refused = [];
addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => refused.push(violatedDirective + " " + blockedURI));`;

/** Observes a page of the console from its start. */
export async function observe(page: Page, origin: string): Promise<Observed> {
  const observed: Observed = { foreign: [], errors: [], refused: [] };
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.origin !== origin && url.protocol !== "data:") observed.foreign.push(url.href);
  });
  page.on("pageerror", (error) => observed.errors.push(String(error)));
  page.on("console", (message) => {
    const isResponse = message.text().startsWith("Failed to load resource");
    if (message.type() === "error" && !isResponse) observed.errors.push(message.text());
  });
  page.on("response", (response) => {
    if (response.status() < 400) return;
    const report = (text: string) => observed.refused.push(`${response.status()} of ${response.url()}: ${text}`);
    void response.text().then(report, report);
  });
  await page.addInitScript({ content: recordRefusals });
  return observed;
}

export const schemes = ["light", "dark"] as const;

/** Checks what is shown with axe, in both colour schemes. */
export async function checkAccessibility(page: Page): Promise<void> {
  for (const colorScheme of schemes) {
    await page.emulateMedia({ colorScheme });
    const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze(); // in this page: it has no frames
    const report = violations.map(({ id, help, nodes }) => ({
      id,
      help,
      nodes: nodes.map(({ html, failureSummary }) => ({ html, failureSummary })),
    }));
    expect(report, `${colorScheme}: ${page.url()}`).toEqual([]);
  }
}

export const phone = { width: 390, height: 844 };

/** Shows that nothing is cut off, and nothing needs to be scrolled sideways, on a phone. */
export async function checkPhone(page: Page): Promise<void> {
  const size = page.viewportSize();
  await page.setViewportSize(phone);
  await checkAccessibility(page);
  const overflow = await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth");
  expect(overflow, `pixels beside the screen of a phone: ${page.url()}`).toBeLessThanOrEqual(0);
  if (size) await page.setViewportSize(size);
}
