import { createHmac, randomUUID } from "node:crypto";
import { type Clock, delay } from "../../clock.ts";
import type { JobRecord, SignalJobsMode } from "./api.ts";
import type { Publisher } from "./publisher.ts";

/** What `/trading/signal` says in place of a signal: what to wait for, and until when the answer itself is held back. */
export interface JobAnswer {
  readonly jobId: string;
  readonly leaves: Promise<void>;
}

const defaultAfterMs = 1_000;

/** Signals computed as jobs: a request is answered with an id, and the signal goes out on its own. */
export class Jobs {
  readonly records: JobRecord[] = [];
  readonly #clock: Clock;
  readonly #publisher: Publisher;
  readonly #results = new Map<string, () => object>();
  #mode: SignalJobsMode | "off" = "off";

  constructor(clock: Clock, publisher: Publisher) {
    this.#clock = clock;
    this.#publisher = publisher;
  }

  set(mode: SignalJobsMode | "off"): void {
    this.#mode = mode;
  }

  /** Undefined when signals are answered at once. */
  take(asked: Omit<JobRecord, "jobId">, compute: () => object): JobAnswer | undefined {
    const mode = this.#mode;
    if (mode === "off") return undefined;
    const jobId = randomUUID();
    this.records.push({ jobId, ...asked });
    this.#results.set(jobId, compute);
    const { answerAfterMs = 0, afterMs = defaultAfterMs } = mode;
    // Whom it does not reach, it does not reach: the real one has nobody to tell either.
    if (mode.by !== "never") void delay(this.#clock, afterMs).then(() => this.deliver(jobId, mode).catch(() => {}));
    return { jobId, leaves: answerAfterMs === 0 ? Promise.resolve() : delay(this.#clock, answerAfterMs) };
  }

  /** Sends what came of a job, whatever the mode says, and as often as it is called. */
  async deliver(jobId: string, { by, hook, error }: Omit<SignalJobsMode, "afterMs" | "answerAfterMs">): Promise<void> {
    const compute = this.#results.get(jobId);
    if (compute === undefined) throw new Error(`there is no job ${jobId}`);
    const body = JSON.stringify(error === undefined ? { jobId, signal: compute() } : { jobId, error });
    if (by === "channel") await this.#publisher.publish(body, "signal-ready");
    if (by === "hook" && hook !== undefined) await this.#post(body, hook);
  }

  async #post(body: string, { url, secret }: NonNullable<SignalJobsMode["hook"]>): Promise<void> {
    const seconds = Math.floor(this.#clock.now() / 1000);
    const signature = createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex");
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", "x-signature": `t=${seconds},v1=${signature}` },
      body,
    });
    if (response.status !== 202) throw new Error(`the hook answered HTTP ${response.status}`);
  }
}
