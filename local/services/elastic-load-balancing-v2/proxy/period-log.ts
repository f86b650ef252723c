import type { Counts } from "./counters.ts";

/** What one listener or target group did in a period. */
export interface Measured {
  arn: string;
  /** Sums over the period; absent when there was nothing to count. */
  counts?: Counts | undefined;
  /** Values at the end of the period. */
  gauges: Readonly<Record<string, number>>;
}

export interface Period {
  /** Grows by one with each period, over restarts too: what a reader has seen, it need not see again. */
  cursor: number;
  start: number;
  end: number;
  measured: Measured[];
}

/** Periods that nobody has read are kept so long; older ones are lost. */
const keptPeriods = 7200;

/** Closes a period at every multiple of its length, and keeps the closed ones until they have been read by anyone who wants. */
export class PeriodLog {
  readonly #measure: () => Promise<Measured[]>;
  #periods: Period[] = [];
  // The start time makes cursors of a restarted proxy greater than any before; there are fewer than 1000 periods a second.
  #cursor = Date.now();
  #start = Date.now();
  #length: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(measure: () => Promise<Measured[]>) {
    this.#measure = measure;
  }

  setPeriod(length: number): void {
    if (length === this.#length) return;
    this.#length = length;
    clearTimeout(this.#timer);
    this.#arm(length);
  }

  after(cursor: number): Period[] {
    return this.#periods.filter((period) => period.cursor > cursor);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #arm(length: number): void {
    const now = Date.now();
    this.#timer = setTimeout(() => void this.#close(length), length - (now % length));
  }

  async #close(length: number): Promise<void> {
    const start = this.#start;
    const end = Date.now();
    this.#start = end;
    const measured = await this.#measure();
    this.#cursor += 1;
    this.#periods.push({ cursor: this.#cursor, start, end, measured });
    if (this.#periods.length > keptPeriods) this.#periods = this.#periods.slice(-keptPeriods / 2);
    if (this.#length === length) this.#arm(length);
  }
}
