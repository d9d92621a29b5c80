import type { ApiResult } from "./api-result.ts";
import type { OpenAttempt } from "./interaction-record.ts";
import type { UploadedFile } from "./messages.ts";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface ApiRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: unknown;
  readonly files: readonly UploadedFile[];
}

/** One route of the API, as Discord documents it. */
export interface Route {
  readonly method: Method;
  /** Without the version, for example `/channels/:id/messages`. */
  readonly template: string;
  /** `bot`: answered 401 without the bot's token. `none`: callbacks and webhooks, whose token is in the path. */
  readonly auth: "bot" | "none";
  /** What its rate limit is kept for: the values of these parameters. */
  readonly major?: readonly string[];
  /** Notes the request in the report of the interaction it is about, with the fault set for it there. */
  readonly attempt?: (request: ApiRequest) => OpenAttempt | undefined;
  /** Takes effect at once; never waits. */
  readonly handle: (request: ApiRequest) => ApiResult;
}
