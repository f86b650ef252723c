import type { ReactNode } from "react";
import type { Line } from "../../model.ts";
import { formatPrice } from "../../money.ts";

type Props = {
  readonly lines: readonly Line[];
  readonly totalCents: number;
  readonly quantity: (line: Line) => ReactNode;
};

/** What is in a cart or an order, with its total. */
export function Lines({ lines, totalCents, quantity }: Props): ReactNode {
  return (
    <table>
      <tbody>
        {lines.map((line) => (
          <tr key={line.productId}>
            <td>
              <img src={line.image} alt="" width="80" height="60" />
            </td>
            <td>{line.name}</td>
            <td>{quantity(line)}</td>
            <td className="price">{formatPrice(line.unitPriceCents * line.quantity)}</td>
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <td colSpan={3}>Total</td>
          <td className="price">{formatPrice(totalCents)}</td>
        </tr>
      </tfoot>
    </table>
  );
}
