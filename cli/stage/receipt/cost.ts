import { type Price, prices, pricesOf } from "./prices.ts";

/** What was metered, at the price of AWS. */
export interface CostItem {
  name: string;
  quantity: number;
  unit: string;
  /** Of one unit, in US dollars. */
  price: number;
  dollars: number;
  source: string;
}

export interface Cost {
  /** Of the deployment itself, without what is charged each month from then on. */
  dollars: number;
  items: CostItem[];
  /** For as long as they are kept. */
  monthly: CostItem[];
  notMetered: string[];
  pricesOf: typeof pricesOf;
}

/** Time in which Fargate ran tasks that the live release alone would not have needed. */
export interface TaskTime {
  name: string;
  seconds: number;
  tasks: number;
  /** 1024 are a vCPU. */
  cpu: number;
  memoryMb: number;
}

export interface Usage {
  stateTransitions: number;
  build: { minutes: number; price: Price } | undefined;
  functions: { invocations: number; gigabyteSeconds: number } | undefined;
  taskTimes: readonly TaskTime[];
  snapshotGigabytes: number | undefined;
  /** What could not be read, and why. */
  notMetered: readonly string[];
}

/** Charged for every deployment or month anyway, or too small to be worth a meter. */
const neverMetered = [
  "DynamoDB, EventBridge, CodeDeploy and CloudWatch requests",
  "log lines and metrics",
  "images in ECR and the cache of builds",
  "data transfer, load balancer and database",
];

export function costOf(usage: Usage): Cost {
  const { stateTransitions, build, functions, taskTimes, snapshotGigabytes, notMetered } = usage;
  const items = [
    item("State transitions", stateTransitions, prices.stateTransition),
    ...(build ? [item("Build", build.minutes, build.price)] : []),
    ...(functions
      ? [
          item("Functions", functions.gigabyteSeconds, prices.lambda),
          item("Invocations of functions", functions.invocations, prices.lambdaRequest),
        ]
      : []),
    ...taskTimes.flatMap(({ name, seconds, tasks, cpu, memoryMb }) => {
      const hours = (tasks * Math.max(seconds, minTaskSeconds)) / 3600;
      return [
        item(`${name}: CPU`, hours * (cpu / 1024), prices.fargateCpu),
        item(`${name}: memory`, hours * (memoryMb / 1024), prices.fargateMemory),
      ];
    }),
  ];
  const monthly =
    snapshotGigabytes === undefined ? [] : [item("Snapshot, at most", snapshotGigabytes, prices.snapshot)];
  const dollars = items.reduce((total, each) => total + each.dollars, 0);
  return { dollars, items, monthly, notMetered: [...notMetered, ...neverMetered], pricesOf };
}

/** Fargate charges for a minute at least: https://aws.amazon.com/fargate/pricing/ */
const minTaskSeconds = 60;

function item(name: string, quantity: number, { dollars: price, unit, source }: Price): CostItem {
  return { name, quantity, unit, price, dollars: quantity * price, source };
}
