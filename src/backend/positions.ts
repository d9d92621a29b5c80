import { z } from "zod";
import type { Clock } from "../clock.ts";
import type { Accounts } from "./accounts.ts";
import { type Account, type Asker, type Backend, BackendError, type NewPosition, type Position } from "./backend.ts";
import { absentOr, date, decimal } from "./fields.ts";
import type { CallBackend } from "./http.ts";
import type { PositionDetailsStore } from "./position-details.ts";

export interface PositionsOptions {
  readonly call: CallBackend;
  readonly clock: Clock;
  readonly accounts: Accounts;
  readonly details: PositionDetailsStore;
  readonly timeoutMs: number;
}

type Positions = Pick<Backend, "openPosition" | "listOpenPositions" | "closePosition">;

/** A person's trades at the backend, and beside them what the backend throws away (`backend-contract.md` 2.5). */
export function createPositions({ call, clock, accounts, details, timeoutMs }: PositionsOptions): Positions {
  const create = async (account: Account, position: NewPosition, asker: Asker) => {
    await accounts.ensure(account, asker);
    const { pair, action, size: amount, entryPrice, stopLoss, takeProfit } = position;
    const body = { discordId: account.discordId, pair, action, amount, entryPrice, stopLoss, takeProfit };
    const path = "/discord/trades";
    return call({ operation: "openPosition", method: "POST", path, body, data: openedSchema, timeoutMs }, asker);
  };

  const readPage = (account: Account, offset: number, asker: Asker) => {
    const query = { discordId: account.discordId, limit: pageSize, offset };
    const path = "/discord/trades";
    return call({ operation: "listPositions", method: "GET", path, query, data: pageSchema, timeoutMs }, asker);
  };

  return {
    async openPosition(account, position, asker) {
      const { tradeId, createdAt } = await create(account, position, asker).catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
        // Known once, and since lost by the backend. The refused request has opened nothing.
        accounts.forget(account);
        return create(account, position, asker);
      });
      await details.save(tradeId, { size: position.size, notes: position.notes });
      return { ...position, id: tradeId, openedAt: createdAt };
    },

    async listOpenPositions(account, asker) {
      const found = new Map<string, Position>();
      try {
        for (let page = 0; page < maxPages; page += 1) {
          const { trades, pagination } = await readPage(account, page * pageSize, asker);
          // By id: a trade opened between two pages moves the others onto the next one.
          for (const { status, ...trade } of trades) if (status === "open") found.set(trade.id, trade);
          if (!pagination.hasMore || trades.length === 0) break;
        }
      } catch (error) {
        // Nobody who was never registered has a position.
        if (isNotFound(error)) return [];
        throw error;
      }
      const kept = found.size === 0 ? new Map() : await details.read([...found.keys()]);
      return [...found.values()].map((position) => ({ ...position, ...kept.get(position.id) }));
    },

    async closePosition({ id }, exitPrice, asker) {
      // Either of price and status alone is a 500.
      const body = { exitPrice, status: "closed", closedAt: new Date(clock.now()).toISOString() };
      const path = `/discord/trades/${encodeURIComponent(id)}`;
      // Closing again overwrites, here with the same.
      const repeatable = true;
      const data = closedSchema;
      await call({ operation: "closePosition", method: "PUT", path, body, data, timeoutMs, repeatable }, asker);
    },
  };
}

/** The most the backend gives at once. */
const pageSize = 100;
/** Five thousand trades of one person: more is a backend that says "more" for ever. */
const maxPages = 50;

const openedSchema = z.object({ tradeId: z.uuid(), createdAt: absentOr(date) });

const closedSchema = z.object({ tradeId: z.uuid(), status: z.literal("closed") });

const pageSchema = z.object({
  trades: z.array(
    z.object({
      id: z.uuid(),
      pair: z.string(),
      action: z.enum(["buy", "sell"]),
      entryPrice: decimal,
      stopLoss: absentOr(decimal),
      takeProfit: absentOr(decimal),
      status: z.string(),
      openedAt: absentOr(date),
    }),
  ),
  pagination: z.object({ hasMore: z.boolean() }),
});

const isNotFound = (error: unknown): boolean => error instanceof BackendError && error.kind === "notFound";
