import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type BackendContext, fieldsOf, Refusal, successA } from "./envelopes.ts";
import type { Jobs } from "./jobs.ts";
import { riskWarning, type Signals } from "./signals.ts";

const periods = {
  intraday: { timeframe: "15min", nameCn: "日內交易", nameEn: "Day Trading", holdingPeriodEn: "Minutes to Hours" },
  swing: { timeframe: "1h", nameCn: "周內交易", nameEn: "Swing Trading", holdingPeriodEn: "2-10 Days" },
  position: { timeframe: "1d", nameCn: "月內交易", nameEn: "Position Trading", holdingPeriodEn: "Weeks to 2 Months" },
  longterm: { timeframe: "1w", nameCn: "季內交易", nameEn: "Long-term Trading", holdingPeriodEn: "Months to 1 Year" },
} as const;

const periodOfWord: Readonly<Record<string, keyof typeof periods>> = {
  ...{ 日內: "intraday", intraday: "intraday", day: "intraday", daily: "intraday" },
  ...{ 周內: "swing", swing: "swing", week: "swing", weekly: "swing" },
  ...{ 月內: "position", position: "position", month: "position", monthly: "position" },
  ...{ 季內: "longterm", longterm: "longterm", quarter: "longterm", quarterly: "longterm" },
};

const timeframes = ["1min", "5min", "15min", "30min", "1h", "4h", "1d", "1w", "1M"];

/** `backend-contract.md` 2.2: the query form validates neither period nor timeframe; the path form ignores the period. */
export function addTradingRoutes(
  server: FastifyInstance,
  { clock, apiKeys }: BackendContext,
  signals: Signals,
  jobs: Jobs,
): void {
  type Period = keyof typeof periods;
  const answer = async (
    request: FastifyRequest,
    reply: FastifyReply,
    pair: string,
    timeframe: string,
    period?: Period,
  ) => {
    if (!/^[A-Z]{3}\/[A-Z]{3}$/.test(pair)) {
      throw new Refusal(400, "Currency pair must be in format XXX/XXX (e.g., EUR/USD)");
    }
    if (!signals.hasCandles(pair))
      throw new Refusal(404, `No market data available for ${pair} ${timeframe}`, "NO_DATA");
    const compute = () => ({
      ...signals.compute({
        pair,
        timeframe,
        riskLevel: Number.parseInt(String(fieldsOf(request.query).riskLevel), 10) || 5,
        userId: serviceOf(request, apiKeys.discordBot),
      }),
      ...periodInfoOf(period),
    });
    const job = jobs.take({ pair, timeframe }, compute);
    if (job !== undefined) {
      await job.leaves;
      reply.code(202);
      return successA(clock, { jobId: job.jobId });
    }
    return successA(clock, { signal: compute(), disclaimer, riskWarning });
  };

  server.get("/api/v1/trading/signal", (request, reply) => {
    const { pair, period, timeframe } = fieldsOf(request.query);
    if (pair === undefined || pair === "") throw new Refusal(400, "Currency pair is required (e.g., ?pair=EUR/USD)");
    // Observed: a repeated parameter is an array, which the handler calls string methods on.
    if (typeof pair !== "string") throw new TypeError("pair.match is not a function");
    if (period === undefined) return answer(request, reply, pair, String(timeframe ?? "1h"));
    if (typeof period !== "string") throw new TypeError("period.toLowerCase is not a function");
    const word = period.toLowerCase();
    const known = Object.hasOwn(periodOfWord, word) ? periodOfWord[word] : undefined;
    const code = known ?? "swing";
    return answer(request, reply, pair, periods[code].timeframe, code);
  });

  server.get<{ Params: { pair: string } }>("/api/v1/trading/signal/:pair", (request, reply) => {
    const { timeframe = "1h" } = fieldsOf(request.query);
    if (typeof timeframe !== "string" || !timeframes.includes(timeframe)) {
      throw new Refusal(400, `"timeframe" must be one of [${timeframes.join(", ")}]`);
    }
    return answer(request, reply, request.params.pair, timeframe);
  });
}

const disclaimer =
  "This is not financial advice. Trading involves significant risk of loss. " +
  "Always do your own research and consult with a licensed financial advisor.";

function periodInfoOf(code: keyof typeof periods | undefined) {
  if (code === undefined) return {};
  const { timeframe: _, ...names } = periods[code];
  return { periodInfo: { code, ...names } };
}

function serviceOf({ headers }: FastifyRequest, discordBotKey: string): string {
  const key = headers["x-api-key"] ?? headers.authorization?.slice("Bearer ".length);
  return key === discordBotKey ? "service-discord-bot" : "service-legacy-service";
}
