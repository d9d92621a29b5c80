import type { FastifyInstance } from "fastify";
import { type BackendContext, successA, timestampOf } from "./envelopes.ts";

export const majorPairs = ["EUR/USD", "GBP/USD", "USD/JPY", "USD/CHF", "AUD/USD", "USD/CAD", "NZD/USD"] as const;
export const minorPairs = ["EUR/GBP", "EUR/AUD", "EUR/JPY", "GBP/JPY", "CHF/JPY", "AUD/JPY", "AUD/NZD"] as const;

/** `backend-contract.md` 2.3: being listed does not mean that there are candles. */
export function addMarketRoutes(server: FastifyInstance, { clock }: BackendContext): void {
  const describe = (category: string) => (pair: string) => {
    const [base, quote] = pair.split("/");
    return { pair, base, quote, category, description: `${base} to ${quote}`, available: true };
  };
  const pairs = [...majorPairs.map(describe("major")), ...minorPairs.map(describe("minor"))];
  server.get("/api/v1/market/pairs", () =>
    successA(clock, {
      pairs,
      total: pairs.length,
      filters: { category: "all", search: null },
      categories: {
        major: { count: majorPairs.length, description: "Major currency pairs (most liquid)" },
        minor: { count: minorPairs.length, description: "Minor currency pairs (cross pairs)" },
        all: { count: pairs.length, description: "All supported currency pairs" },
      },
      userContext: {},
      cached: true,
      timestamp: timestampOf(clock),
      requestTimestamp: timestampOf(clock),
    }),
  );
}
