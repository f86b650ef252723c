import { describe, expect, it } from "vitest";
import { type LogLines, withPage } from "../../../../console/page/log-lines.ts";

const line = (at: number, id = `line-${at}`) => ({ id, source: "build", at, stream: "one", message: `${id}\n` });
const empty: LogLines = { lines: [], ids: new Set() };
const idsOf = ({ lines }: LogLines) => lines.map(({ id }) => id);

describe("the lines of a log", () => {
  it("are shown once, although the next page begins before the end of the last", () => {
    const first = withPage(empty, { lines: [line(1), line(2), line(3)], next: 2 });
    const second = withPage(first, { lines: [line(2), line(3), line(4)], next: 3 });
    expect(idsOf(second)).toEqual(["line-1", "line-2", "line-3", "line-4"]);
    expect([...second.ids]).toEqual(["line-3", "line-4"]);
  });

  it("are in the order of their time, also those that arrive late", () => {
    const first = withPage(empty, { lines: [line(1), line(5)], next: 1 });
    expect(idsOf(withPage(first, { lines: [line(1), line(3), line(5)], next: 1 }))).toEqual([
      "line-1",
      "line-3",
      "line-5",
    ]);
  });

  it("are the newest 100,000", () => {
    const many = Array.from({ length: 100_001 }, (_, at) => line(at));
    const { lines } = withPage(empty, { lines: many, next: 100_000 });
    expect([lines.length, lines[0]?.at]).toEqual([100_000, 1]);
  });

  it("are the same list if a page has nothing new, so that nothing is drawn again", () => {
    const first = withPage(empty, { lines: [line(1)], next: 0 });
    expect(withPage(first, { lines: [line(1)], next: 0 }).lines).toBe(first.lines);
  });
});
