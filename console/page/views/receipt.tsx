import type { ReactNode } from "react";
import { Link } from "wouter";
import type { Receipt as ReceiptData } from "../../server/queries/receipt.ts";
import { useReceipt } from "../data.ts";
import { Problem } from "../parts/problem.tsx";
import { clockTime, howLong, shortId } from "../words.ts";

/** What a deployment did, who approved it, and what it cost. */
export function Receipt({ stage, id }: { stage: string; id: string }) {
  const { data, error } = useReceipt(stage, id);
  return (
    <>
      <nav aria-label="Path" className="path">
        <Link href={`/${stage}`}>{stage}</Link> / <Link href={`/${stage}/deployments/${id}`}>{shortId(id)}</Link> /{" "}
        <span aria-current="page">receipt</span>
      </nav>
      <h1>Receipt of {shortId(id)}</h1>
      {error && <Problem error={error} />}
      {!data && !error && <p className="quiet">Reading what it used …</p>}
      {data && <Facts receipt={data} />}
      {data && <Cost receipt={data} />}
    </>
  );
}

function Facts({ receipt }: { receipt: ReceiptData }) {
  const { approval, traffic, rollback } = receipt;
  return (
    <section className="card" aria-label="Deployment">
      <dl>
        <Fact name="Commit">
          <code>{receipt.commit}</code> {receipt.title}
        </Fact>
        <Fact name="Author">{receipt.author ?? "unknown"}</Fact>
        <Fact name="Started">
          {clockTime(receipt.startedAt)} by {receipt.startedBy ?? "a push"}
        </Fact>
        <Fact name="Outcome">{receipt.outcome}</Fact>
        <Fact name="Image">
          <code>{receipt.imageDigest ?? "none"}</code>
        </Fact>
        <Fact name="Migrations">{receipt.migrations.join(", ") || "none"}</Fact>
        <Fact name="Snapshot">{receipt.snapshot ?? "none"}</Fact>
        {approval && (
          <Fact name="Approval">
            {approval.decision} by {approval.by}, {clockTime(approval.at)}
            {approval.reason && `: ${approval.reason}`}
          </Fact>
        )}
        {traffic && (
          <Fact name="Traffic">
            {traffic.requests} requests during shift and bake; {traffic.errors.app} × 5xx by the app,{" "}
            {traffic.errors.loadBalancer} × 5xx by the load balancer
          </Fact>
        )}
        {rollback && (
          <Fact name="Rollback">
            {rollback.outcome}
            {rollback.seconds !== null && `; traffic was back after ${howLong(rollback.seconds)}`}
          </Fact>
        )}
        <Fact name="Transitions">{receipt.stateTransitions}</Fact>
        <Fact name="Steps">
          <ol className="plain">
            {receipt.steps.map(({ name, startedAt, seconds, failed }) => (
              <li key={startedAt + name}>
                {name} {seconds === null ? "running" : howLong(seconds)}
                {failed && ", failed"}
              </li>
            ))}
          </ol>
        </Fact>
      </dl>
    </section>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Cost({ receipt: { cost, isLocal } }: { receipt: ReceiptData }) {
  const rows = [...cost.items, ...cost.monthly.map((item) => ({ ...item, name: `${item.name}, each month` }))];
  return (
    <section aria-label="Cost">
      <h2>
        {isLocal ? "What this would cost on AWS" : "Cost"}: {dollars(cost.dollars)}
      </h2>
      <p className="quiet">
        On demand in {cost.pricesOf.region}, prices of {cost.pricesOf.date}, without free tiers.
        {isLocal && " Configured waits may run faster in the local cloud than on AWS."}
      </p>
      <div className="table" role="region" aria-label="Metered" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">Metered</th>
              <th scope="col">Quantity</th>
              <th scope="col">Price</th>
              <th scope="col">Cost</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ name, quantity, unit, price, dollars: amount, source }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>{Number.isInteger(quantity) ? quantity : quantity.toPrecision(3)}</td>
                <td>
                  <a href={source} target="_blank" rel="noreferrer">
                    ${price}
                  </a>{" "}
                  per {unit}
                </td>
                <td>{dollars(amount)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="quiet">Not metered: {cost.notMetered.join("; ")}.</p>
    </section>
  );
}

const dollars = (amount: number) => `$${amount.toFixed(4)}`;
