export type Counts = Record<CountName, number> & { TargetResponseTime: Distribution };

/** Seconds; `values` and `counts` are the histogram in the form PutMetricData takes. */
export interface Distribution {
  count: number;
  sum: number;
  min: number;
  max: number;
  values: number[];
  counts: number[];
}

// Adjacent bins are 10 % apart, which bounds the error of a percentile.
const growth = Math.log(1.1);
const smallest = 1e-5;

/** Counters of a listener or target group for one period, by CloudWatch's names. */
const zeros = () => ({
  RequestCount: 0,
  HTTPCode_Target_2XX_Count: 0,
  HTTPCode_Target_3XX_Count: 0,
  HTTPCode_Target_4XX_Count: 0,
  HTTPCode_Target_5XX_Count: 0,
  HTTPCode_ELB_4XX_Count: 0,
  HTTPCode_ELB_5XX_Count: 0,
  HTTPCode_ELB_500_Count: 0,
  HTTPCode_ELB_502_Count: 0,
  HTTPCode_ELB_503_Count: 0,
  HTTPCode_ELB_504_Count: 0,
  TargetConnectionErrorCount: 0,
  NewConnectionCount: 0,
  // Not an AWS metric: requests and WebSockets aborted at the end of their target's deregistration delay.
  CutCount: 0,
});

type CountName = keyof ReturnType<typeof zeros>;

export class Tally {
  #counts = zeros();
  #times = { count: 0, sum: 0, min: Infinity, max: 0 };
  #bins = new Map<number, number>();

  add(name: CountName, count = 1): void {
    this.#counts[name] += count;
  }

  addTargetResponse(status: number, seconds: number): void {
    this.add(targetCount(status));
    const times = this.#times;
    times.count += 1;
    times.sum += seconds;
    if (seconds < times.min) times.min = seconds;
    if (seconds > times.max) times.max = seconds;
    const bin = Math.ceil(Math.log(Math.max(seconds, smallest)) / growth);
    this.#bins.set(bin, (this.#bins.get(bin) ?? 0) + 1);
  }

  addOwnResponse(status: number): void {
    if (status >= 400) this.add(status >= 500 ? "HTTPCode_ELB_5XX_Count" : "HTTPCode_ELB_4XX_Count");
    if (status === 500 || status === 502 || status === 503 || status === 504) this.add(`HTTPCode_ELB_${status}_Count`);
  }

  /** Counts since the last call; undefined if there are none. */
  take(): Counts | undefined {
    const counts = this.#counts;
    const { count, sum, min, max } = this.#times;
    const bins = [...this.#bins].sort(([a], [b]) => a - b);
    if (count === 0 && Object.values(counts).every((each) => each === 0)) return undefined;
    this.#counts = zeros();
    this.#times = { count: 0, sum: 0, min: Infinity, max: 0 };
    this.#bins = new Map();
    const values = bins.map(([bin]) => Math.exp(bin * growth));
    const TargetResponseTime = { count, sum, min: count === 0 ? 0 : min, max, values, counts: bins.map(([, n]) => n) };
    return { ...counts, TargetResponseTime };
  }
}

function targetCount(status: number): CountName {
  if (status < 300) return "HTTPCode_Target_2XX_Count";
  if (status < 400) return "HTTPCode_Target_3XX_Count";
  return status < 500 ? "HTTPCode_Target_4XX_Count" : "HTTPCode_Target_5XX_Count";
}
