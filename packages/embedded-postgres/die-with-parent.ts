import { type ChildProcess, spawn } from 'node:child_process'

/**
 * Reads the child's pid, then waits for the end of its input, which comes when
 * the parent dies, however it does; then kills the child.
 */
const WATCHDOG = 'read -r child && { read -r _ || kill -9 "$child"; } 2>/dev/null'

/**
 * Sees to it that a child does not outlive this process: a shell beside it
 * kills it once this process is gone, be it by `kill -9`. The shell is in a
 * process group of its own, so that Ctrl-C leaves it alone, and ends with the
 * child.
 */
export function dieWithParent(child: ChildProcess): void {
  if (child.pid === undefined) return
  const watchdog = spawn('sh', ['-c', WATCHDOG], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  watchdog.on('error', () => {})
  watchdog.stdin.on('error', () => {})
  watchdog.stdin.write(`${child.pid}\n`)
  watchdog.unref()
  child.once('exit', () => watchdog.kill('SIGKILL'))
}
