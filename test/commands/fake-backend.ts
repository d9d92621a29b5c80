import type {
  Account,
  Backend,
  BackendError,
  BackendState,
  NewPosition,
  Position,
  Preferences,
  SignalAnswer,
  SignalQuery,
  SignalType,
  Subscription,
} from "../../src/backend/backend.ts";
import type { Signal } from "../../src/backend/signal.ts";

export const someSignal: Signal = {
  pair: "EUR/USD",
  timeframe: "1h",
  direction: "sell",
  word: "short",
  strength: "strong",
  confidence: 0.82,
  entryPrice: 1.0853,
  stopLoss: undefined,
  takeProfit: undefined,
  riskRewardRatio: undefined,
  marketCondition: "volatile",
  sentiment: { word: "bearish", score: 0.3 },
  indicators: [],
  source: "ml_enhanced",
  period: undefined,
  computedAt: new Date("2026-11-21T20:36:28.949Z"),
  expiresAt: undefined,
  riskWarning: undefined,
};

type Call = readonly [operation: keyof Backend, ...parameters: unknown[]];

/** A backend in memory that does what the interface says, notes each call, and fails on request. */
export class FakeBackend implements Backend {
  readonly calls: Call[] = [];
  /** By person. */
  readonly positions = new Map<string, Position[]>();
  readonly subscriptions = new Map<string, Subscription[]>();
  readonly preferences = new Map<string, Preferences>();
  pairs: readonly string[] = ["EUR/USD", "GBP/USD", "USD/JPY", "EUR/GBP", "AUD/USD"];
  signal: Signal = someSignal;
  saidAt = new Date("2026-01-05T11:58:00.000Z");
  outdated: SignalAnswer["outdated"];
  state: BackendState = { kind: "up", latencyMs: 12, ageMs: 5000 };
  /** While set, every call fails so. */
  failure: BackendError | undefined;

  called(operation: keyof Backend): readonly Call[] {
    return this.calls.filter(([name]) => name === operation);
  }

  async fetchSignal(query: SignalQuery): Promise<SignalAnswer> {
    this.#note("fetchSignal", query);
    return { signal: { ...this.signal, pair: query.pair }, saidAt: this.saidAt, outdated: this.outdated };
  }

  async openPosition(account: Account, wanted: NewPosition): Promise<Position> {
    this.#note("openPosition", account, wanted);
    const { pair, action, entryPrice } = wanted;
    // Like the real one, it gives back little of what it was told.
    const opened = { id: "432594c0-0683-47b9-aca7-32329aad1b85", pair, action, entryPrice };
    this.positions.set(account.discordId, [opened, ...this.#positionsOf(account)]);
    return opened;
  }

  async listOpenPositions(account: Account): Promise<readonly Position[]> {
    this.#note("listOpenPositions", account);
    return this.#positionsOf(account);
  }

  async closePosition(position: Position, exitPrice: number): Promise<void> {
    this.#note("closePosition", position, exitPrice);
    for (const [person, own] of this.positions) {
      this.positions.set(
        person,
        own.filter(({ id }) => id !== position.id),
      );
    }
  }

  async readPreferences(account: Account): Promise<Preferences> {
    this.#note("readPreferences", account);
    return this.preferences.get(account.discordId) ?? {};
  }

  async savePreferences(account: Account, changes: Preferences): Promise<Preferences> {
    this.#note("savePreferences", account, changes);
    const given = Object.entries(changes).filter(([, value]) => value !== undefined);
    const merged = { ...this.preferences.get(account.discordId), ...Object.fromEntries(given) };
    this.preferences.set(account.discordId, merged);
    return merged;
  }

  async subscribe(account: Account, pair: string, signalType: SignalType): Promise<void> {
    this.#note("subscribe", account, pair, signalType);
    const others = this.#subscriptionsOf(account).filter((own) => own.pair !== pair);
    this.subscriptions.set(account.discordId, [...others, { pair, signalType }]);
  }

  async unsubscribe(account: Account, pair: string | undefined): Promise<number> {
    this.#note("unsubscribe", account, pair);
    const own = this.#subscriptionsOf(account);
    const kept = pair === undefined ? [] : own.filter((subscription) => subscription.pair !== pair);
    this.subscriptions.set(account.discordId, kept);
    return own.length - kept.length;
  }

  async listSubscriptions(account: Account): Promise<readonly Subscription[]> {
    this.#note("listSubscriptions", account);
    return this.#subscriptionsOf(account);
  }

  async listPairs(): Promise<readonly string[]> {
    this.#note("listPairs");
    return this.pairs;
  }

  async probe(): Promise<BackendState> {
    this.#note("probe");
    return this.state;
  }

  #note(...call: Call): void {
    this.calls.push(call);
    if (this.failure !== undefined) throw this.failure;
  }

  #positionsOf = ({ discordId }: Account): readonly Position[] => this.positions.get(discordId) ?? [];

  #subscriptionsOf = ({ discordId }: Account): readonly Subscription[] => this.subscriptions.get(discordId) ?? [];
}
