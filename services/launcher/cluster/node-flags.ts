/** What Node is told for every service, as in `npm start`: bounds of memory. By itself V8 spends what the machine has. */
export const NODE_FLAGS: readonly string[] = [
  '--max-semi-space-size=16',
  '--max-old-space-size=1024',
]
