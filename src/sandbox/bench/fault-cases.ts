import { delay, systemClock } from "../../clock.ts";
import type { BackendFault } from "../backend/api.ts";
import type { InteractionFaults, RequestFault } from "../discord/api.ts";
import { type AskedCommand, signalPath } from "./asking.ts";
import type { Environment } from "./competitors.ts";
import type { Stage } from "./stage.ts";

/** One case of the fault table: what goes wrong, and what may be asked of a bot then. */
export interface FaultCase {
  readonly name: string;
  /** Whether Discord's rules and the case itself leave room for an answer. */
  readonly answerPossible: boolean;
  /** At Discord, for the nth interaction; `random` gives numbers from 0 to 1, the same to each bot. */
  readonly faults?: (nth: number, random: () => number) => InteractionFaults;
  /** At the backend, as long as the case lasts. */
  readonly backend?: Omit<BackendFault, "route">;
  /** What people use. Default `signal`. */
  readonly command?: AskedCommand;
  /** Processes of the bot on one token. Default 1. */
  readonly processes?: number;
  readonly clockOffsetMs?: number;
  /** Added to the environment of all three bots. */
  readonly env?: Environment;
  /** What happens; when absent, `count` people ask one after the other. */
  readonly play?: (stage: Stage, count: number, faults: (nth: number) => InteractionFaults) => Promise<void>;
  /** After the last question the bot has at least this long, ms. Default 0. */
  readonly watchAtLeastMs?: number;
  /**
   * And at most this long, ms; who still sees "thinking…" then counts as thinking for ever. It is more than any of the
   * bots goes on trying in the case, so waiting for the 15 minutes of the token would change nothing. Default 8 s.
   */
  readonly watchAtMostMs?: number;
}

/** 50 interactions a second: busy, and far from what any of the bots can take. */
export const usualPaceMs = 20;

const atOnce: FaultCase["play"] = (stage, count, faults) => stage.ask(count, 0, faults);

const firstCallback = (fault: RequestFault) => (): InteractionFaults => ({ callbacks: [fault] });

const responseLost = (kind: "reset" | "close" | "hang"): RequestFault => ({ outcome: { kind, processed: true } });

/** A timeout shorter than the usual 30 s, for all three, so that the table is done before the reader is gone. */
const shortBackendTimeout: Environment = { BACKEND_TIMEOUT_MS: "3000" };

/** discord.js gives up a request after 15 s and repeats it at once. */
const afterLibraryTimeoutMs = 18_000;

/** Slower than ours waits for a signal before it defers: every bot's answer is an edit then, but for the one that never defers. */
const untilDeferred: FaultCase["backend"] = { kind: "latency", ms: 150 };

/** Of ours, a signal that comes at once is the acknowledgement itself, and a slow one follows a defer: both can be lost. */
const ofReplyAndOfDefer = (faultCase: FaultCase): readonly FaultCase[] => [
  faultCase,
  { ...faultCase, name: `${faultCase.name} (deferred)`, backend: untilDeferred },
];

export const faultCases: readonly FaultCase[] = [
  { name: "normal", answerPossible: true },
  // 200 at the usual count.
  { name: "200 at once", answerPossible: true, play: (stage, count, faults) => stage.ask(4 * count, 0, faults) },
  {
    name: "slow delivery and slow response",
    answerPossible: true,
    faults: (_, random) => ({
      deliverAfterMs: 300 + 900 * random(),
      callbacks: [{ delayRequestMs: 300 * random(), delayResponseMs: 300 + 900 * random() }],
    }),
  },

  // The acknowledgement took effect, and the bot does not hear of it.
  ...ofReplyAndOfDefer({
    name: "response lost: reset",
    answerPossible: true,
    faults: firstCallback(responseLost("reset")),
  }),
  ...ofReplyAndOfDefer({
    name: "response lost: close",
    answerPossible: true,
    faults: firstCallback(responseLost("close")),
  }),
  ...ofReplyAndOfDefer({
    name: "response lost: hang",
    answerPossible: true,
    faults: firstCallback(responseLost("hang")),
    watchAtMostMs: afterLibraryTimeoutMs,
  }),
  ...ofReplyAndOfDefer({
    name: "response lost: 5xx after processing",
    answerPossible: true,
    faults: firstCallback({ outcome: { kind: "status", status: 502, processed: true } }),
  }),
  ...ofReplyAndOfDefer({
    name: "5xx before processing",
    answerPossible: true,
    faults: firstCallback({ outcome: { kind: "status", status: 503, processed: false } }),
  }),
  ...ofReplyAndOfDefer({
    name: "response lost, then 10062 instead of 40060",
    answerPossible: true,
    faults: () => ({ callbacks: [responseLost("reset")], secondAckUnknown: true }),
  }),
  ...ofReplyAndOfDefer({
    name: "10062 for the first 150 ms",
    answerPossible: true,
    faults: () => ({ unknownForMs: 150 }),
  }),
  ...ofReplyAndOfDefer({
    name: "10062 though the ack took effect",
    answerPossible: true,
    faults: firstCallback({ outcome: { kind: "error", status: 404, code: 10062, processed: true } }),
  }),

  // Old on arrival. The request's own way to Discord takes a quarter of a second: of 2.8 s nothing is left then.
  {
    name: "arriving 2.0 s old",
    answerPossible: true,
    faults: () => ({ deliverAfterMs: 2000, callbacks: [{ delayRequestMs: 250 }] }),
  },
  {
    name: "arriving 2.8 s old",
    answerPossible: false,
    faults: () => ({ deliverAfterMs: 2800, callbacks: [{ delayRequestMs: 250 }] }),
  },

  { name: "same event twice, at once", answerPossible: true, faults: () => ({ duplicateAfterMs: 0 }) },
  {
    name: "same event twice, again after a resume",
    answerPossible: true,
    faults: () => ({ duplicateAfterMs: 1500 }),
    async play(stage, count, faults) {
      await stage.ask(count, usualPaceMs, faults);
      stage.sandbox.discord.dropGateway();
    },
    watchAtLeastMs: 2500,
  },

  // A command that runs only where it is owned. Ours looks for a signal before that, which changes nothing, in each process.
  ...[2, 7].flatMap((processes): readonly FaultCase[] => [
    { name: `${processes} processes`, answerPossible: true, command: "subscriptions", processes },
    {
      name: `${processes} processes, response lost`,
      answerPossible: true,
      command: "subscriptions",
      processes,
      faults: firstCallback(responseLost("reset")),
    },
  ]),
  {
    name: "2 processes, the loser is told 10062",
    answerPossible: true,
    command: "subscriptions",
    processes: 2,
    faults: () => ({ secondAckUnknown: true }),
  },

  ...[5, -5, 60, -60].map(
    (seconds): FaultCase => ({
      name: `the machine's clock ${Math.abs(seconds)} s ${seconds > 0 ? "slow" : "fast"}`,
      answerPossible: true,
      clockOffsetMs: seconds * 1000,
    }),
  ),
  {
    name: "gateway dropped before the ack",
    answerPossible: true,
    // The first drops it in the moment of its delivery; all are replayed after the resume.
    faults: (nth) => (nth === 0 ? { dropGatewayFirst: true } : {}),
    play: atOnce,
  },

  { name: "backend 2.5 s", answerPossible: true, backend: { kind: "latency", ms: 2500 } },
  { name: "backend 10 s", answerPossible: true, backend: { kind: "latency", ms: 10_000 }, watchAtMostMs: 14_000 },
  { name: "backend hangs", answerPossible: true, backend: { kind: "hang" }, env: shortBackendTimeout },
  // Nothing listens there.
  { name: "backend refuses connections", answerPossible: true, env: { BACKEND_API_URL: "http://127.0.0.1:9" } },
  { name: "backend 503", answerPossible: true, backend: { kind: "503" } },
  { name: "backend 429", answerPossible: true, backend: { kind: "429", ms: 30_000 } },
  { name: "backend resets connections", answerPossible: true, backend: { kind: "reset" } },
  { name: "backend malformed", answerPossible: true, backend: { kind: "malformed" } },

  {
    name: "edit failing twice",
    answerPossible: true,
    backend: untilDeferred,
    faults: () => {
      const fails: RequestFault = { outcome: { kind: "status", status: 503, processed: false } };
      return { edits: [fails, fails] };
    },
  },
  {
    name: "edit 429",
    answerPossible: true,
    backend: untilDeferred,
    faults: () => ({ edits: [{ outcome: { kind: "rateLimit", retryAfterMs: 1000, scope: "user" } }] }),
  },
  {
    name: "500 DMs meanwhile",
    answerPossible: true,
    async play(stage, count, faults) {
      await stage.sendDirectMessages(500);
      await until(() => stage.directMessagesDelivered() >= 20);
      await stage.ask(count, usualPaceMs, faults);
    },
    // Two requests for each, at most 50 a second, and the answers among them.
    watchAtMostMs: 30_000,
  },

  {
    name: "SIGTERM with 20 in flight, then a restart",
    answerPossible: true,
    backend: { kind: "latency", ms: 1500 },
    async play(stage, count, faults) {
      for (let asked = 0; asked < count; asked += 20) {
        await stage.ask(20, 0, faults);
        await someTimeInto(stage);
        await stage.end("SIGTERM");
        await stage.start();
      }
    },
  },
  {
    name: "kill -9 between ack and answer, then a restart",
    answerPossible: true,
    backend: { kind: "latency", ms: 1500 },
    async play(stage, count, faults) {
      await stage.ask(count, 0, faults);
      await someTimeInto(stage);
      await stage.end("SIGKILL");
      await stage.start();
    },
  },
];

/** Until the backend computes for everything that was asked of the bot. */
async function someTimeInto({ asked, sandbox }: Stage): Promise<void> {
  const running = () => sandbox.backend.requests.filter(({ path }) => path.endsWith(signalPath)).length;
  await until(() => running() >= asked.length, 1000);
}

/** A bot that never gets there is not waited for. */
async function until(holds: () => boolean, atMostMs = 10_000): Promise<void> {
  const endsAtMs = systemClock.monotonic() + atMostMs;
  while (!holds() && systemClock.monotonic() < endsAtMs) await delay(systemClock, 10);
}
