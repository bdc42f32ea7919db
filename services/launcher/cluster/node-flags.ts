/**
 * What Node is told for every service. kafkajs sets a timer of less than
 * nothing, once per process, without harm. The bounds of memory are those of
 * `npm start`: by itself V8 spends what the machine has.
 */
export const NODE_FLAGS: readonly string[] = [
  '--disable-warning=TimeoutNegativeWarning',
  '--max-semi-space-size=16',
  '--max-old-space-size=1024',
]
