/** The one right to send the first callback of an interaction, between two threads of a process. */
export type Turn = SharedArrayBuffer;

const free = 0;
const taken = 1;

export const offerTurn = (): Turn => new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);

/** @returns whether the caller has it; of all that ever ask, in whatever thread, one does */
export const takeTurn = (turn: Turn): boolean => Atomics.compareExchange(new Int32Array(turn), 0, free, taken) === free;
