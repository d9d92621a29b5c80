import { delay, systemClock } from "../../clock.ts";
import type { BackendRequestRecord } from "../backend/api.ts";
import type { InteractionFaults, SandboxInteraction } from "../discord/api.ts";
import type { Sandbox } from "../sandbox.ts";
import type { Observation } from "./tally.ts";

/** Where every competitor asks the backend for a signal. */
export const signalPath = "/trading/signal";

/**
 * signal: in public, and asked of the backend under a pair of the interaction's own; subscriptions: for the person alone,
 * and of every bot that defers at all deferred before anything else, so that acknowledgements can be compared.
 */
export type AskedCommand = "signal" | "subscriptions";

/** People who use a command, each with a pair of their own or once in their life: the backend can tell whose run it sees. */
export class Asking {
  readonly #sandbox: Sandbox;
  readonly #command: AskedCommand;
  readonly #asked: { readonly interaction: SandboxInteraction; readonly run: string }[] = [];

  constructor(sandbox: Sandbox, command: AskedCommand = "signal") {
    this.#sandbox = sandbox;
    this.#command = command;
  }

  get asked(): readonly SandboxInteraction[] {
    return this.#asked.map(({ interaction }) => interaction);
  }

  once(faults: InteractionFaults = {}): void {
    const { discord, backend } = this.#sandbox;
    const pair = pairOf(this.#asked.length);
    backend.setSignal(pair, { signal: "buy" });
    const person = discord.addPerson();
    const name = this.#command;
    const given = name === "signal" ? { options: { pair, timeframe: "1h" } } : {};
    const interaction = discord.interact({ kind: "command", name, personId: person.id, ...given }, faults);
    this.#asked.push({ interaction, run: name === "signal" ? pair : person.id });
  }

  /** One after the other, `everyMs` apart (0: all at once); ends early when `signal` aborts. */
  async ask(
    count: number,
    everyMs: number,
    faults: (nth: number) => InteractionFaults = () => ({}),
    signal?: AbortSignal,
  ): Promise<void> {
    const startMs = systemClock.monotonic();
    for (let nth = 0; nth < count && signal?.aborted !== true; nth += 1) {
      const waitMs = startMs + nth * everyMs - systemClock.monotonic();
      if (waitMs > 0) await delay(systemClock, waitMs, signal);
      this.once(faults(nth));
    }
  }

  /** @param counts of the backend's requests, which are taken for a run */
  observations(counts: (request: BackendRequestRecord) => boolean = () => true): readonly Observation[] {
    const runs = new Map<string, number>();
    for (const request of this.#sandbox.backend.requests) {
      const run = runOf(request);
      if (run !== undefined && counts(request)) runs.set(run, (runs.get(run) ?? 0) + 1);
    }
    return this.#asked.map(({ interaction, run }) => ({ report: interaction.report(), runs: runs.get(run) ?? 0 }));
  }
}

/** For which interaction a request is: the pair, or the person, that is its own. */
function runOf({ path, query }: BackendRequestRecord): string | undefined {
  if (path.endsWith(signalPath)) return query.pair;
  return /\/notifications\/subscriptions\/(\d+)$/.exec(path)?.[1];
}

/** AAA/XTS, AAB/XTS, …: currencies that do not exist, so that nothing but this interaction asks for them. */
function pairOf(nth: number): string {
  const letter = (power: number) => String.fromCharCode(65 + (Math.floor(nth / 26 ** power) % 26));
  return `${letter(2)}${letter(1)}${letter(0)}/XTS`;
}
