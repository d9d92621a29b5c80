import type { RequestFault, RouteFault } from "./api.ts";

interface ActiveFault {
  readonly method: string;
  readonly route: string;
  readonly fault: RequestFault;
  remaining: number;
}

/** The faults set for routes, in the order in which they were set; the first that matches a request is used. */
export class RouteFaults {
  readonly #active = new Set<ActiveFault>();

  /** The returned function removes the fault. */
  add({ method, route, fault, times = Number.POSITIVE_INFINITY }: RouteFault): () => void {
    const active: ActiveFault = { method, route, fault, remaining: times };
    this.#active.add(active);
    return () => this.#active.delete(active);
  }

  clear(): void {
    this.#active.clear();
  }

  /** The fault for a request, used up by one. */
  take(method: string, route: string): RequestFault | undefined {
    for (const active of this.#active) {
      if (active.method !== method || active.route !== route) continue;
      active.remaining -= 1;
      if (active.remaining <= 0) this.#active.delete(active);
      return active.fault;
    }
    return undefined;
  }
}
