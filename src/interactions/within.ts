import type { Layer } from "./options.ts";

/** What the promise resolves with, or nothing when that takes longer than `ms`. */
export async function within<T>(
  promise: Promise<T>,
  ms: number,
  { clock }: Pick<Layer, "clock">,
): Promise<T | undefined> {
  return await new Promise((resolve, reject) => {
    const cancel = clock.schedule(ms, () => resolve(undefined));
    promise.then(
      (value) => {
        cancel();
        resolve(value);
      },
      (error: unknown) => {
        cancel();
        reject(error);
      },
    );
  });
}
