/** Prints whether a bound holds; one that is broken makes the exit code 1. */
export function check(holds: boolean, bound: string): void {
  console.log(`${holds ? '✓' : '✗ BROKEN:'} ${bound}`)
  if (!holds) process.exitCode = 1
}
