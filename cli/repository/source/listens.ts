import { type Argument, type CallExpression, type Expression, Visitor } from "oxc-parser";
import { keyOf, numberOf, type Syntax, textOf, unwrap, variableOf } from "./syntax.ts";

export interface Listen {
  readonly line: number;
  /** A number in the source code, which no variable changes. */
  readonly port?: number | undefined;
  /** Variables that the port is read from. */
  readonly variables: readonly string[];
  readonly host?: string | undefined;
}

/** Calls that start an HTTP server: `app.listen(…)`, `serve({ port })`. */
export function listens({ program, lineAt }: Syntax): Listen[] {
  const calls: CallExpression[] = [];
  const constants = new Map<string, Expression>();
  new Visitor({
    VariableDeclarator({ id, init }) {
      if (id.type === "Identifier" && init) constants.set(id.name, init);
      if (id.type !== "ObjectPattern" || !init) return;
      for (const property of id.properties) {
        if (property.type !== "Property" || property.value.type !== "AssignmentPattern") continue;
        const name = keyOf(property.key);
        // `const { PORT = 3000 } = process.env` is a variable with a default.
        if (name !== undefined) constants.set(name, init);
      }
    },
    CallExpression(node) {
      if (startsServer(node.callee)) calls.push(node);
    },
  }).visit(program);
  return calls.flatMap((call) => {
    const [first, second] = call.arguments;
    if (first === undefined || first.type === "SpreadElement") return [];
    const options = unwrap(first);
    const port = options.type === "ObjectExpression" ? member(options, "port") : options;
    const host = options.type === "ObjectExpression" ? hostOf(member(options, "host", "hostname")) : hostOf(second);
    if (port === undefined) return [];
    const variables = variablesIn(port, constants);
    const number = variables.length === 0 ? numberOf(resolve(port, constants)) : undefined;
    return [{ line: lineAt(call.start), port: number, variables, host }];
  });
}

function startsServer(callee: Expression): boolean {
  if (callee.type === "Identifier") return callee.name === "serve" || callee.name === "listen";
  if (callee.type !== "MemberExpression" || callee.computed) return false;
  return callee.property.name === "listen" || (callee.property.name === "serve" && callee.object.type === "Identifier");
}

function member(options: Expression & { type: "ObjectExpression" }, ...names: string[]): Expression | undefined {
  for (const property of options.properties)
    if (property.type !== "SpreadElement" && names.includes(keyOf(property.key) ?? "")) return property.value;
  return undefined;
}

const hostOf = (node: Argument | undefined) => textOf(node);

function resolve(node: Expression, constants: ReadonlyMap<string, Expression>): Expression {
  const inner = unwrap(node);
  return (inner.type === "Identifier" ? constants.get(inner.name) : undefined) ?? inner;
}

/** Variables of the environment in an expression, also through constants of the file. */
function variablesIn(node: Expression, constants: ReadonlyMap<string, Expression>): string[] {
  const names = new Set<string>();
  const visited = new Set<string>();
  const visit = (expression: Expression): void =>
    new Visitor({
      MemberExpression(inner) {
        const name = variableOf(inner);
        if (name !== undefined) names.add(name);
      },
      Identifier({ name }) {
        const constant = constants.get(name);
        if (constant === undefined || visited.has(name)) return;
        visited.add(name);
        visit(constant);
        if (isWhole(constant)) names.add(name);
      },
    }).visit({ ...emptyProgram, body: [{ type: "ExpressionStatement", expression, start: 0, end: 0 }] });
  visit(node);
  return [...names];
}

/** `process.env` itself: the constant is destructured from it. */
const isWhole = (constant: Expression) =>
  constant.type === "MemberExpression" && !constant.computed && constant.property.name === "env";

const emptyProgram = { type: "Program", sourceType: "module", hashbang: null, comments: [], start: 0, end: 0 } as const;
