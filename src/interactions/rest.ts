import { DefaultRestOptions, type RESTOptions } from "@discordjs/rest";

/** A pair of times around a request, and the server's `Date`, for measuring the offset between two clocks. */
export type DateSampler = (date: string | null, sentAtMs: number, receivedAtMs: number) => void;

/** Where Discord's API is, and who learns its time. */
export interface RestSettings {
  /** Without version, `https://discord.com/api`. */
  readonly apiUrl: string;
  /** Called with every response; a `DiscordClock` measures its offset with it. */
  readonly sampleDate: DateSampler;
  /** Asked before each request leaves; what is refused here never does. */
  readonly mayRequest?: (() => boolean) | undefined;
}

/** This process may ask nothing of Discord any more, because another one does. */
export class RequestForbiddenError extends Error {
  override readonly name = "RequestForbiddenError";
  readonly code = "REQUEST_FORBIDDEN";

  constructor() {
    super("this process may send nothing to Discord any more");
  }
}

export const apiVersion = "10";

/** The options every REST client of the bot shares. */
export function restOptions({ apiUrl, sampleDate, mayRequest = () => true }: RestSettings): Partial<RESTOptions> {
  return {
    api: apiUrl,
    version: apiVersion,
    // Each interaction's token makes a handler of its own; the default sweep keeps them for an hour
    // (`discord-facts.md` 2.4).
    handlerSweepInterval: 5 * 60_000,
    makeRequest: async (url, init) => {
      if (!mayRequest()) throw new RequestForbiddenError();
      const sentAtMs = Date.now();
      const response = await DefaultRestOptions.makeRequest(url, init);
      sampleDate(response.headers.get("date"), sentAtMs, Date.now());
      return response;
    },
  };
}
