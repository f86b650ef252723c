import type { Page } from "@playwright/test";

export interface Frames {
  count: number;
  /** Milliseconds. */
  median: number;
  longest: number;
  /** Frames of more than 100 ms. */
  late: number;
}

/** In the browser: scrolls by about a screen with each frame, and measures the time between frames. */
const scrollThrough = `async (element) => {
  const gaps = [];
  let former = await new Promise(requestAnimationFrame);
  for (let waits = 0; gaps.length < 3000 && waits < 60; ) {
    const before = element.scrollTop;
    element.scrollTop += element.clientHeight * 0.8;
    const now = await new Promise(requestAnimationFrame);
    gaps.push(now - former);
    former = now;
    // Further rows may be on their way.
    waits = element.scrollTop > before ? 0 : waits + 1;
  }
  return gaps;
}`;

/** Scrolls to the end of what the first element of a CSS selector shows. */
export async function measureFrames(page: Page, selector: string): Promise<Frames> {
  const gaps = await page.evaluate<number[]>(`(${scrollThrough})(document.querySelector(${JSON.stringify(selector)}))`);
  const sorted = gaps.toSorted((a, b) => a - b);
  return {
    count: gaps.length,
    median: sorted[Math.floor(sorted.length / 2)] ?? 0,
    longest: sorted.at(-1) ?? 0,
    late: gaps.filter((gap) => gap > 100).length,
  };
}
