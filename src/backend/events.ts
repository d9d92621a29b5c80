import type { BackendErrorKind } from "./backend.ts";

/** Published once for every request to the backend, at its end. Never carries an address, a key or a text. */
export interface BackendEvent {
  readonly kind: "backendCall";
  /** What was asked, one of a few fixed names: fit for a metric's label. */
  readonly operation: string;
  readonly outcome: "ok" | BackendErrorKind;
  /** From sending to the last byte of the answer's body. */
  readonly durationMs: number;
  /** HTTP status, when there was an answer. */
  readonly status?: number | undefined;
}
