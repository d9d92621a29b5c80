import { keyHeaders } from "../../backend/keys.ts";
import type { BackendAccess } from "../../config.ts";
import { type Check, type Finding, fail, ok, warn } from "../finding.ts";

const answerTimeoutMs = 8000;
/** Of the requests that all people share for a quarter of an hour, `backend-contract.md` 1.3. */
const few = 0.2;

/**
 * One request for each place where the backend compares a key (`backend-contract.md` 1.1), and none that it has to compute
 * something for: a person it does not know, a signal of no pair, the list of pairs.
 */
const families = [
  { name: "people and positions", variable: "BACKEND_API_KEY", path: "/discord/users/0", accepted: [200, 404] },
  { name: "signals", variable: "BACKEND_API_KEY", path: "/trading/signal", accepted: [400] },
  {
    name: "subscriptions",
    variable: "BACKEND_SUBSCRIPTIONS_API_KEY",
    path: "/subscriptions/pairs",
    accepted: [200],
  },
] as const;

type Family = (typeof families)[number];

/** Whether the backend answers, takes the bot's keys everywhere, and how many requests are left. */
export const backend: Check = {
  name: "backend",
  needs: ["backend"],
  async run({ backend: config }) {
    if (config === undefined) return [];
    const answers = await Promise.all(families.map((family) => ask(config, family)));
    const limits = answers.flatMap(({ left }) => (left === undefined ? [] : [left]));
    const findings = [
      ...withoutRepeats(answers.map(({ finding }) => finding)),
      ...(limits.length > 0 ? [judgeLimit(limits)] : []),
    ];
    const troubles = findings.filter(({ verdict }) => verdict !== "ok");
    return troubles.length > 0 ? troubles : findings;
  },
};

interface Limit {
  readonly limit: number;
  readonly remaining: number;
  readonly resetSeconds: number;
}

interface Answer {
  readonly finding: Finding;
  readonly left: Limit | undefined;
}

async function ask(config: BackendAccess, { name, variable, path, accepted }: Family): Promise<Answer> {
  try {
    const response = await fetch(`${config.url}/api/v1${path}`, {
      headers: { ...keyHeaders(path, config), accept: "application/json", "user-agent": "signalguard" },
      // The keys go to the configured host and to nobody else.
      redirect: "manual",
      signal: AbortSignal.timeout(answerTimeoutMs),
    });
    await response.body?.cancel();
    const { status } = response;
    return { left: readLimit(response.headers), finding: judge(status) };
  } catch (error) {
    const timedOut = error instanceof Error && error.name === "TimeoutError";
    const says = timedOut ? `does not answer within ${answerTimeoutMs / 1000} s` : "cannot be reached";
    const todo = "start it, or correct BACKEND_API_URL; until then people get a sentence instead of an answer";
    return { left: undefined, finding: fail(says, todo) };
  }

  function judge(status: number): Finding {
    if (status === 401 || status === 403) {
      const compared = path.startsWith("/subscriptions") ? "API_KEY" : "DISCORD_BOT_API_KEY";
      return fail(`does not accept the key for ${name}`, `set ${variable} to the backend's ${compared}`);
    }
    if (status === 429)
      return fail("refuses: too many requests", "wait; the backend's RATE_LIMIT_MAX_REQUESTS sets how many");
    if (status >= 500) return fail(`has trouble of its own with ${name} (HTTP ${status})`, "look at the backend's log");
    if (accepted.some((expected) => expected === status)) return ok(`accepts the key for ${name}`);
    return warn(
      `answers unexpectedly for ${name} (HTTP ${status})`,
      "is it the backend that answers at BACKEND_API_URL?",
    );
  }
}

function readLimit(headers: Headers): Limit | undefined {
  const [limit, remaining, resetSeconds] = ["limit", "remaining", "reset"].map((name) => {
    const text = headers.get(`ratelimit-${name}`);
    return text === null || text === "" ? Number.NaN : Number(text);
  });
  if (limit === undefined || remaining === undefined || resetSeconds === undefined) return undefined;
  return [limit, remaining, resetSeconds].every(Number.isFinite) ? { limit, remaining, resetSeconds } : undefined;
}

function judgeLimit(limits: readonly Limit[]): Finding {
  const [least] = [...limits].sort((a, b) => a.remaining - b.remaining);
  if (least === undefined) return ok("tells no limit");
  const { limit, remaining, resetSeconds } = least;
  const says = `${remaining} of ${limit} requests are left for all people together, for ${Math.ceil(resetSeconds / 60)} minutes`;
  if (remaining >= few * limit) return ok(says);
  return warn(says, "raise RATE_LIMIT_MAX_REQUESTS of the backend: each signal costs one");
}

/** A backend that is down is down for all families alike. */
const withoutRepeats = (findings: readonly Finding[]): readonly Finding[] =>
  findings.filter(({ says }, index) => findings.findIndex((other) => other.says === says) === index);
