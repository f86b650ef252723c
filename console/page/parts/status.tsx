import type { ReactNode } from "react";
import type { Tone } from "../words.ts";

const marks: Readonly<Record<Tone, string>> = { ok: "✓", busy: "●", bad: "✕", warning: "!", quiet: "–" };

/** A word with a mark and a colour; the word alone says it all. */
export function Status({ tone, children }: { tone: Tone; children: ReactNode }) {
  return (
    <span className={`status ${tone}`}>
      <span aria-hidden="true">{marks[tone]}</span> {children}
    </span>
  );
}
