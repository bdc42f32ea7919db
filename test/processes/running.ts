import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/**
 * Processes that have one of these ids, or a text such as a folder in their
 * command line; without those that are dead and not reaped yet.
 * @returns a line for each
 */
export async function runningProcesses(...wanted: Array<number | string>): Promise<string[]> {
  const columns = 'pid=,stat=,command='
  const { stdout } = await promisify(execFile)('ps', ['-ww', '-eo', columns], {
    maxBuffer: 2 ** 24,
  })
  return stdout.split('\n').filter(line => {
    const [, pid, stat, command = ''] = /^ *(\d+) +(\S+) +(.*)$/.exec(line) ?? []
    if (stat === undefined || stat.startsWith('Z')) return false
    return wanted.some(one =>
      typeof one === 'number' ? one === Number(pid) : command.includes(one),
    )
  })
}
