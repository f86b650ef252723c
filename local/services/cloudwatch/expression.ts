import { invalid } from "./faults.ts";

/** One value per period, undefined for a missing one; a number is the same value for all periods. */
export type Operand = number | readonly (number | undefined)[];

/** A parsed metric math expression and the ids it references. */
export interface Expression {
  names: ReadonlySet<string>;
  compute(operands: ReadonlyMap<string, Operand>): Operand;
}

type Node = (operands: ReadonlyMap<string, Operand>) => Operand;

const tokens = /\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)|([A-Za-z_][A-Za-z0-9_]*)|(\|\||&&|==|!=|<=|>=|[-+*/^()<>,]))/y;

const bit = (holds: boolean) => (holds ? 1 : 0);
type Binary = (a: number, b: number) => number;
/** In ascending precedence: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html */
const levels: readonly Readonly<Record<string, Binary>>[] = [
  { "||": (a, b) => bit(a !== 0 || b !== 0), OR: (a, b) => bit(a !== 0 || b !== 0) },
  { "&&": (a, b) => bit(a !== 0 && b !== 0), AND: (a, b) => bit(a !== 0 && b !== 0) },
  {
    "==": (a, b) => bit(a === b),
    "!=": (a, b) => bit(a !== b),
    "<=": (a, b) => bit(a <= b),
    ">=": (a, b) => bit(a >= b),
    "<": (a, b) => bit(a < b),
    ">": (a, b) => bit(a > b),
  },
  { "+": (a, b) => a + b, "-": (a, b) => a - b },
  { "*": (a, b) => a * b, "/": (a, b) => a / b },
  { "^": (a, b) => a ** b },
];

const functions = ["ABS", "CEIL", "FILL", "FLOOR", "IF"] as const;
type FunctionName = (typeof functions)[number];

const isFunction = (name: string): name is FunctionName => functions.some((each) => each === name);

export function parseExpression(text: string): Expression {
  const names = new Set<string>();
  const parser = new Parser(text, names);
  const compute = parser.parse();
  return { names, compute };
}

class Parser {
  readonly #text: string;
  readonly #names: Set<string>;
  readonly #tokens: readonly string[];
  #next = 0;

  constructor(text: string, names: Set<string>) {
    this.#text = text;
    this.#names = names;
    this.#tokens = this.#split();
  }

  parse(): Node {
    const node = this.#level(0);
    if (this.#peek !== undefined) throw this.#error(`unexpected "${this.#peek}"`);
    return node;
  }

  #split(): string[] {
    const split: string[] = [];
    tokens.lastIndex = 0;
    const text = this.#text.trimEnd();
    while (tokens.lastIndex < text.length) {
      const at = tokens.lastIndex;
      const match = tokens.exec(text);
      if (!match) throw this.#error(`unexpected "${text.slice(at).trim().charAt(0)}"`);
      split.push(match[0].trim());
    }
    return split;
  }

  get #peek(): string | undefined {
    return this.#tokens[this.#next];
  }

  #take(expected?: string): string {
    const token = this.#peek;
    if (token === undefined) throw this.#error("unexpected end");
    if (expected !== undefined && token !== expected) throw this.#error(`"${expected}" expected, found "${token}"`);
    this.#next += 1;
    return token;
  }

  #level(index: number): Node {
    const operators = levels[index];
    if (!operators) return this.#unary();
    let left = this.#level(index + 1);
    for (let operate = operators[this.#peek ?? ""]; operate; operate = operators[this.#peek ?? ""]) {
      this.#take();
      left = binary(operate, left, this.#level(index + 1));
    }
    return left;
  }

  #unary(): Node {
    if (this.#peek !== "-") return this.#primary();
    this.#take();
    const node = this.#unary();
    return (operands) => each([node(operands)], ([value = Number.NaN]) => -value);
  }

  #primary(): Node {
    const token = this.#take();
    if (token === "(") {
      const node = this.#level(0);
      this.#take(")");
      return node;
    }
    if (/^[\d.]/.test(token)) return () => Number(token);
    if (!/^[A-Za-z_]/.test(token)) throw this.#error(`unexpected "${token}"`);
    if (this.#peek === "(") return this.#call(token);
    // as AWS: an id starts with a lowercase letter.
    if (!/^[a-z]/.test(token)) throw this.#error(`"${token}" is not a valid id of a metric or expression`);
    this.#names.add(token);
    return (operands) => operands.get(token) ?? [];
  }

  #call(name: string): Node {
    if (!isFunction(name)) {
      throw this.#error(
        `the function ${name} is not supported by the local cloud, which supports ${functions.join(", ")}`,
      );
    }
    this.#take("(");
    if (name === "FILL") return this.#fill();
    const args = [this.#level(0)];
    while (this.#peek === ",") {
      this.#take();
      args.push(this.#level(0));
    }
    this.#take(")");
    const arity = name === "IF" ? [2, 3] : [1];
    if (!arity.includes(args.length)) throw this.#error(`${name} takes ${arity.join(" or ")} arguments`);
    return applied(name, args);
  }

  #fill(): Node {
    const filled = this.#level(0);
    this.#take(",");
    if (this.#peek === "REPEAT") {
      this.#take();
      this.#take(")");
      return (operands) => repeated(filled(operands));
    }
    if (this.#peek === "LINEAR") throw this.#error("FILL with LINEAR is not supported by the local cloud");
    const value = this.#level(0);
    this.#take(")");
    return (operands) => {
      const series = filled(operands);
      const by = value(operands);
      return typeof series === "number" ? series : series.map((each, index) => each ?? valueAt(by, index));
    };
  }

  #error(problem: string): Error {
    return invalid(`Invalid metrics list: Error in expression '${this.#text}': ${problem}.`);
  }
}

function binary(operate: Binary, left: Node, right: Node): Node {
  return (operands) => each([left(operands), right(operands)], ([a = Number.NaN, b = Number.NaN]) => operate(a, b));
}

function applied(name: Exclude<FunctionName, "FILL">, args: readonly Node[]): Node {
  if (name === "IF") return (operands) => choose(args.map((arg) => arg(operands)));
  const round = { ABS: Math.abs, CEIL: Math.ceil, FLOOR: Math.floor }[name];
  return (operands) => each([args[0]?.(operands) ?? []], ([value = Number.NaN]) => round(value));
}

/** as AWS: no value where an operand has none, or where the result is not finite (division by zero). */
function each(operands: readonly Operand[], compute: (values: readonly number[]) => number): Operand {
  const at = (index: number) => {
    const values = operands.map((operand) => valueAt(operand, index));
    const present = values.filter((value) => value !== undefined);
    const result = present.length === values.length ? compute(present) : Number.NaN;
    return Number.isFinite(result) ? result : undefined;
  };
  const length = lengthOf(operands);
  return length === undefined ? (at(0) ?? Number.NaN) : Array.from({ length }, (_, index) => at(index));
}

/** Only the selected branch needs a value. */
function choose(operands: readonly Operand[]): Operand {
  const [condition = 0, yes = 0, no] = operands;
  const at = (index: number) => {
    const holds = valueAt(condition, index);
    if (holds === undefined) return undefined;
    return holds === 0 ? (no === undefined ? undefined : valueAt(no, index)) : valueAt(yes, index);
  };
  const length = lengthOf(operands);
  return length === undefined ? (at(0) ?? Number.NaN) : Array.from({ length }, (_, index) => at(index));
}

function repeated(operand: Operand): Operand {
  if (typeof operand === "number") return operand;
  let last: number | undefined;
  return operand.map((value) => (last = value ?? last));
}

const valueAt = (operand: Operand, index: number): number | undefined =>
  typeof operand === "number" ? operand : operand[index];

const lengthOf = (operands: readonly Operand[]): number | undefined =>
  operands.find((operand) => typeof operand !== "number")?.length;
