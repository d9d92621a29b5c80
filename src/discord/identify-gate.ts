import type { REST } from "@discordjs/rest";
import type { Clock } from "../clock.ts";
import { budgetObstacle, type Obstacle, paceObstacle, type SessionStartLimit } from "./identify-budget.ts";
import type { IdentifyHistory } from "./identify-history.ts";
import { awaitSessionStart } from "./session-start.ts";

/** Running that long, the process and its sessions have proven themselves, ms. */
const provenAfterMs = 10 * 60_000;
/**
 * After so many starts in vain, sessions of the process before are left alone: what is replayed from one may be what kills
 * the bot.
 */
const distrustAfterStarts = 5;

export interface IdentifyGateOptions {
  readonly rest: REST;
  readonly history: IdentifyHistory;
  /** Identifies of a day that are left to people. */
  readonly reserve: number;
  readonly clock: Clock;
  /** Called before each pause. */
  readonly onWait: (obstacle: Obstacle) => void;
  /** Called before each IDENTIFY. */
  readonly onIdentify: (shardId: number) => void;
}

/** Lets an IDENTIFY pass when Discord's limit and what happened before allow it; waits otherwise, for as long as it takes. */
export class IdentifyGate {
  readonly #options: IdentifyGateOptions;
  /** By shard: identifies of this process whose sessions have not lasted yet. */
  readonly #unproven = new Map<number, number>();
  #cancelProof: (() => void) | undefined;

  constructor(options: IdentifyGateOptions) {
    this.#options = options;
  }

  /** Whether the session that the process before this one left may be resumed. */
  async trustsSessions(): Promise<boolean> {
    const { failedStarts } = await this.#options.history.past();
    return failedStarts < distrustAfterStarts;
  }

  /**
   * Waits until the process may connect.
   *
   * @param countNeeded of so many shards, how many have to IDENTIFY
   * @returns whether it may; false when `signal` was aborted first
   * @throws TokenRefusedError
   */
  async awaitStart(signal: AbortSignal, countNeeded: (shards: number) => Promise<number>): Promise<boolean> {
    const mayStart = await this.#wait(signal, async (limit, shards) =>
      this.#judge(limit, await countNeeded(shards), 0),
    );
    if (!mayStart) return false;
    await this.#options.history.started();
    this.#awaitProof();
    return true;
  }

  /**
   * To be called before each IDENTIFY. It counts as spent when this resolves.
   *
   * @throws what `signal` was aborted with
   */
  async identify(shardId: number, signal: AbortSignal): Promise<void> {
    const unproven = this.#unproven.get(shardId) ?? 0;
    const mayIdentify = await this.#wait(signal, (limit) => this.#judge(limit, 1, unproven));
    if (!mayIdentify) throw signal.reason;
    this.#unproven.set(shardId, unproven + 1);
    await this.#options.history.identified();
    this.#awaitProof();
    this.#options.onIdentify(shardId);
  }

  /** @param asked whether the process ends because it was asked to, and not because something failed */
  async stop(asked: boolean): Promise<void> {
    this.#cancelProof?.();
    if (asked) await this.#options.history.proven();
  }

  #wait(
    signal: AbortSignal,
    judge: (limit: SessionStartLimit, shards: number) => Promise<Obstacle | undefined>,
  ): Promise<boolean> {
    const { rest, clock, onWait } = this.#options;
    return awaitSessionStart(rest, { clock, signal, onWait, judge });
  }

  async #judge(limit: SessionStartLimit, count: number, ownInVain: number): Promise<Obstacle | undefined> {
    const { history, reserve, clock } = this.#options;
    if (count === 0) return undefined;
    const past = await history.past();
    const nowMs = clock.now();
    return budgetObstacle(limit, past, { count, reserve, nowMs }) ?? paceObstacle(past, { ownInVain, nowMs });
  }

  #awaitProof(): void {
    const { clock, history } = this.#options;
    this.#cancelProof?.();
    this.#cancelProof = clock.schedule(provenAfterMs, () => {
      this.#unproven.clear();
      void history.proven();
    });
  }
}
