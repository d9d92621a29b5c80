import { GatewayOpcodes } from "discord-api-types/v10";

/** Where a session's dispatches go while it is connected. */
export interface SessionConnection {
  send(payload: GatewayPayload): void;
  close(code: number): void;
}

export interface GatewayPayload {
  readonly op: number;
  readonly d: unknown;
  readonly s?: number;
  readonly t?: string;
}

/** Called when a dispatch leaves for the client. */
export type DeliveryListener = (delivery: { readonly sessionId: string; readonly replayed: boolean }) => void;

interface Dispatch {
  readonly payload: GatewayPayload & { readonly s: number };
  readonly delivered: DeliveryListener;
}

export type ReplayRefusal = "tooOld" | "invalidSequence";

/** A gateway session: its numbered dispatches, kept for RESUME while the client is away (`discord-facts.md` 3.3). */
export class GatewaySession {
  readonly id: string;
  readonly intents: number;
  readonly shard: readonly [id: number, count: number];
  connection: SessionConnection | undefined;
  #sequence = 0;
  #kept: Dispatch[] = [];

  constructor(id: string, intents: number, shard: readonly [number, number]) {
    this.id = id;
    this.intents = intents;
    this.shard = shard;
  }

  /** Numbers the event and sends it, or keeps it for the replay when the client is away. */
  dispatch(event: string, data: unknown, delivered: DeliveryListener = () => {}): void {
    this.#sequence += 1;
    const dispatch = {
      payload: { op: GatewayOpcodes.Dispatch, t: event, s: this.#sequence, d: data },
      delivered,
    };
    this.#kept.push(dispatch);
    if (this.#kept.length > replayLimit) this.#kept = this.#kept.slice(-replayLimit / 2);
    this.#send(dispatch, false);
  }

  /** Why the client cannot go on from `sequence`, if it cannot. */
  replayRefusal(sequence: number): ReplayRefusal | undefined {
    if (sequence > this.#sequence) return "invalidSequence";
    const oldest = this.#kept[0]?.payload.s ?? this.#sequence + 1;
    return sequence < oldest - 1 ? "tooOld" : undefined;
  }

  /** Sends everything after `sequence`, in order, to the connection that took the session over. */
  replayAfter(sequence: number): void {
    for (const dispatch of this.#kept) {
      if (dispatch.payload.s > sequence) this.#send(dispatch, true);
    }
  }

  #send(dispatch: Dispatch, replayed: boolean): void {
    if (this.connection === undefined) return;
    this.connection.send(dispatch.payload);
    dispatch.delivered({ sessionId: this.id, replayed });
  }
}

/** Dispatches kept for a replay; far above what a client can miss before its session is over. */
const replayLimit = 20_000;
