/**
 * The bound of an lru-cache with room for as many as there are. Given its `max`, it takes the room for all of them when it is
 * made, which for ten thousand people is 200 kB that most bots never need.
 */
export const atMost = (entries: number): { readonly maxSize: number; readonly sizeCalculation: () => number } => ({
  maxSize: entries,
  sizeCalculation: () => 1,
});
