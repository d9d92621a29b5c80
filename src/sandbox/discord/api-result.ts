/** What a resource of the sandbox Discord answers to one request. */
export interface ApiResult {
  readonly status: number;
  /** Absent for 204. */
  readonly body?: unknown;
  /** Why the request's body was refused with 400/50035, one path and reason each. */
  readonly violations?: readonly string[];
}
