import type { BackendErrorKind, Priority, Spared } from "./backend.ts";
import type { CircuitStateName } from "./circuits.ts";

/** What the backend room tells about itself. Never carries an address, a key or a text. */
export type BackendEvent =
  | BackendCallEvent
  /** A request that was not sent, and whom it was for. */
  | {
      readonly kind: "backendSpared";
      readonly operation: string;
      readonly reason: Spared;
      readonly priority: Priority;
    }
  | {
      readonly kind: "backendCircuit";
      /** The first part of the paths it stands for. */
      readonly family: string;
      readonly state: CircuitStateName;
    }
  /** What is left of the backend's limit, as its last answer said. */
  | {
      readonly kind: "backendBudget";
      readonly limit: number;
      readonly remaining: number;
    }
  /** What became of a signal that the backend computes as a job; `overdue` came no result in time. */
  | {
      readonly kind: "signalJob";
      readonly step: "opened" | "found" | "answered" | "failed" | "overdue";
    }
  /** What came as the result of a job was none. */
  | { readonly kind: "signalResultRefused"; readonly by: "channel" | "hook" }
  /** Whether results of jobs are heard that the backend publishes in Redis. */
  | { readonly kind: "signalReadyState"; readonly state: "up" | "down"; readonly reason: string | undefined }
  /** Somebody was given a signal. */
  | {
      readonly kind: "signalGiven";
      readonly from: "memory" | "redis" | "backend";
      /** Why it was no newer, as in the answer; `new` otherwise. */
      readonly freshness: "new" | "refreshing" | BackendErrorKind;
      readonly priority: Priority;
    }
  /** The signals that people want were looked at, and those asked for again that would soon have been out of date. */
  | {
      readonly kind: "signalsPrecomputed";
      readonly refreshed: number;
      /** New enough as they were. */
      readonly fresh: number;
      /** The backend has nothing usable for them. */
      readonly failed: number;
      /** Not asked for, though some may have to be: `stoppedBy` says why. */
      readonly left: number;
      readonly stoppedBy: Spared | BackendErrorKind | undefined;
    };

/** Published once for every request to the backend, at its end. */
export interface BackendCallEvent {
  readonly kind: "backendCall";
  /** What was asked, one of a few fixed names: fit for a metric's label. */
  readonly operation: string;
  readonly outcome: "ok" | BackendErrorKind;
  /** From sending to the last byte of the answer's body. */
  readonly durationMs: number;
  /** HTTP status, when there was an answer. */
  readonly status?: number | undefined;
}
