import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from "react";

interface Flash {
  id: number;
  kind: "success" | "error";
  text: string;
}

const Context = createContext<(kind: Flash["kind"], text: string) => void>(() => {});

/** Reports the result of an action above every view. */
export const useFlash = () => useContext(Context);

export function Flashes({ children }: { children: ReactNode }) {
  const [flashes, setFlashes] = useState<readonly Flash[]>([]);
  const add = useCallback(
    (kind: Flash["kind"], text: string) => setFlashes((all) => [...all.slice(-3), { id: Date.now(), kind, text }]),
    [],
  );
  const remove = (id: number) => setFlashes((all) => all.filter((flash) => flash.id !== id));
  const value = useMemo(() => add, [add]);
  return (
    <Context value={value}>
      {children}
      <div className="flashes" aria-live="polite">
        {flashes.map(({ id, kind, text }) => (
          <div key={id} className={`flash ${kind}`} role={kind === "error" ? "alert" : "status"}>
            <span>{text}</span>
            <button type="button" aria-label="Dismiss" onClick={() => remove(id)}>
              ×
            </button>
          </div>
        ))}
      </div>
    </Context>
  );
}
