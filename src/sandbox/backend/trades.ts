import { randomUUID } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { type BackendContext, fieldsOf, Refusal, successB, timestampOf } from "./envelopes.ts";
import { requireUuid, type User, type Users } from "./users.ts";

/** As stored: decimals are strings, and size, notes and result have no column that anything fills. */
interface Trade {
  readonly id: string;
  readonly userId: string;
  readonly signalId: null;
  readonly pair: string;
  readonly action: "buy" | "sell";
  readonly entryPrice: string;
  exitPrice: string | null;
  readonly stopLoss: string | null;
  readonly takeProfit: string | null;
  readonly positionSize: null;
  profitLoss: string | null;
  readonly profitLossPercentage: null;
  status: string;
  readonly result: null;
  readonly notes: null;
  readonly openedAt: string;
  closedAt: string | null;
  readonly createdAt: string;
  updatedAt: string;
}

/** `backend-contract.md` 2.5. */
export function addTradeRoutes(server: FastifyInstance, { clock }: BackendContext, users: Users): void {
  const trades: Trade[] = [];

  server.post("/api/v1/discord/trades", (request, reply) => {
    const body = fieldsOf(request.body);
    const wanted = readNewTrade(body);
    const user = findUser(users, body);
    const at = timestampOf(clock);
    const trade: Trade = { ...emptyTrade, ...wanted, id: randomUUID(), userId: user.id, ...datesOf(at) };
    trades.unshift(trade);
    reply.code(201);
    const { id: tradeId, userId, pair, action, entryPrice, exitPrice, profitLoss, status, createdAt } = trade;
    const message = "Trade recorded successfully";
    return successB(clock, {
      tradeId,
      userId,
      pair,
      action,
      entryPrice,
      exitPrice,
      profitLoss,
      status,
      createdAt,
      message,
    });
  });

  server.get("/api/v1/discord/trades", (request) => {
    const query = fieldsOf(request.query);
    const { id: userId } = findUser(users, query);
    const own = trades.filter((trade) => trade.userId === userId && (!query.pair || trade.pair === query.pair));
    const limit = Math.min(100, Number(query.limit) || 20);
    if (limit < 0) throw new Error("LIMIT must not be negative");
    const offset = Number(query.offset) || 0;
    const hasMore = offset + limit < own.length;
    const pagination = { total: own.length, limit, offset, hasMore };
    return successB(clock, { userId, trades: own.slice(offset, offset + limit), pagination });
  });

  server.put<{ Params: { tradeId: string } }>("/api/v1/discord/trades/:tradeId", (request) => {
    const { tradeId } = request.params;
    requireUuid(tradeId);
    const trade = trades.find(({ id }) => id === tradeId);
    if (trade === undefined) throw new Refusal(404, `Trade ${tradeId} not found`, "TRADE_NOT_FOUND");
    const changed = update(trade, fieldsOf(request.body), timestampOf(clock));
    const { status, updatedAt } = trade;
    return successB(clock, { tradeId, ...changed, status, updatedAt, message: "Trade updated successfully" });
  });
}

const emptyTrade = {
  signalId: null,
  exitPrice: null,
  positionSize: null,
  profitLoss: null,
  profitLossPercentage: null,
  status: "open",
  result: null,
  notes: null,
  closedAt: null,
} as const;

const datesOf = (at: string) => ({ openedAt: at, createdAt: at, updatedAt: at });

function findUser(users: Users, { discordId, userId }: Readonly<Record<string, unknown>>): User {
  if (discordId) return users.find(String(discordId));
  if (userId) return users.findById(String(userId));
  throw new Refusal(400, "Either userId or discordId is required", "MISSING_USER_ID");
}

/** The amount is demanded and thrown away. */
function readNewTrade(body: Readonly<Record<string, unknown>>) {
  const { discordId, userId, pair, action, amount, entryPrice, exitPrice } = body;
  if (!discordId && !userId) throw new Refusal(400, "Either userId or discordId is required", "MISSING_USER_ID");
  if (!pair) throw new Refusal(400, "Pair is required", "MISSING_PAIR");
  if (action !== "buy" && action !== "sell") {
    throw new Refusal(400, "Valid action (buy/sell) is required", "INVALID_ACTION");
  }
  if (!(Number(amount) > 0)) throw new Refusal(400, "Valid amount is required", "INVALID_AMOUNT");
  if (!entryPrice || Number(entryPrice) <= 0) {
    throw new Refusal(400, "Valid entry price is required", "INVALID_ENTRY_PRICE");
  }
  if (exitPrice) throw new Error('invalid input value for enum enum_user_trading_history_status: "closed_profit"');
  if (!/^[A-Z]{3}\/[A-Z]{3}$/.test(String(pair))) throw new Error("Validation error: Validation is on pair failed");
  return {
    pair: String(pair),
    action,
    entryPrice: decimal(entryPrice),
    stopLoss: body.stopLoss ? decimal(body.stopLoss) : null,
    takeProfit: body.takeProfit ? decimal(body.takeProfit) : null,
  } as const;
}

/** As PostgreSQL keeps it, numeric(10,5), and as it complains. */
function decimal(value: unknown): string {
  const number = Number(value);
  if (Number.isNaN(number)) throw new Error(`invalid input syntax for type numeric: "${value}"`);
  if (Math.abs(number) >= 100_000) throw new Error("numeric field overflow");
  return number.toFixed(5);
}

const storableStatuses: readonly unknown[] = ["open", "closed", "cancelled"];

/** What the answer says of prices: numbers right after being set, strings on later reads, and no profit without amount. */
function update(trade: Trade, body: Readonly<Record<string, unknown>>, at: string): Record<string, unknown> {
  const { exitPrice, status = exitPrice ? "closed_profit" : trade.status, closedAt } = body;
  if (!storableStatuses.includes(status)) {
    throw new Error(`invalid input value for enum enum_user_trading_history_status: "${status}"`);
  }
  if (status === "closed" && !exitPrice && trade.exitPrice === null) {
    throw new Error("Validation error: Exit price is required for closed positions");
  }
  const stored = exitPrice ? decimal(exitPrice) : trade.exitPrice;
  const isChanged = exitPrice !== undefined || status !== trade.status;
  if (status === "closed" && isChanged) trade.closedAt = typeof closedAt === "string" ? closedAt : at;
  if (isChanged) trade.updatedAt = at;
  trade.status = String(status);
  trade.exitPrice = stored;
  if (!exitPrice) return { exitPrice: stored, profitLoss: trade.profitLoss };
  // Computed with the amount that was never kept.
  trade.profitLoss = "NaN";
  const direction = trade.action === "buy" ? 1 : -1;
  const entryPrice = Number(trade.entryPrice);
  const profitLossPercent = ((Number(exitPrice) - entryPrice) / entryPrice) * 100 * direction;
  return { exitPrice: Number(exitPrice), profitLoss: null, profitLossPercent };
}
