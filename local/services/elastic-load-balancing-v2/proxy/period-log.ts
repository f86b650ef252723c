import type { Counts } from "./counters.ts";

/** Metrics of one listener or target group for a period. */
export interface Measured {
  arn: string;
  /** Sums over the period; undefined if all are zero. */
  counts?: Counts | undefined;
  /** Values at the end of the period. */
  gauges: Readonly<Record<string, number>>;
}

export interface Period {
  /** Increases with each period, also over restarts, so that a reader can continue after the last one it read. */
  cursor: number;
  start: number;
  end: number;
  measured: Measured[];
}

/** At most this number of periods is kept; older ones are lost. */
const keptPeriods = 7200;

/** Closes a period at every multiple of its length and keeps the latest ones for reading. */
export class PeriodLog {
  readonly #measure: () => Promise<Measured[]>;
  #periods: Period[] = [];
  // Starting at the current time makes the cursors of a restarted proxy greater than all before: a period takes more than 1 ms.
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
