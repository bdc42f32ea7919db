/**
 * What Node is told for every service: bounds of memory. By itself V8 spends
 * what the machine has. One process that does all, as `npm start` is, has twice
 * the room for new objects: what its jobs leave behind costs less to collect.
 */
export const NODE_FLAGS: readonly string[] = [
  '--max-semi-space-size=16',
  '--max-old-space-size=1024',
]
