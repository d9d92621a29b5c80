/** Short enough to read out, and found again in the log, where it stands beside the interaction's id. */
export const referenceOf = (interactionId: string): string =>
  BigInt(interactionId).toString(36).slice(-6).toUpperCase();
