/**
 * Whether a `.dockerignore` keeps a path out of the build context: the last
 * pattern that matches it, or a folder above it, decides.
 */
export function dockerignore(text: string): (path: string) => boolean {
  const patterns = text
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '' && !line.startsWith('#'))
    .map(line => ({ keeps: line.startsWith('!'), path: expressionOf(line.replace(/^!/, '')) }))
  return path => {
    const steps = path.split('/')
    const itselfAndAbove = steps.map((_, index) => steps.slice(0, index + 1).join('/'))
    const deciding = patterns.findLast(pattern =>
      itselfAndAbove.some(each => pattern.path.test(each)),
    )
    return deciding !== undefined && !deciding.keeps
  }
}

/** Unlike in a shell, `*` stands for dots at the beginning as well. */
function expressionOf(glob: string): RegExp {
  const source = glob
    .replaceAll(/[.+^$(){}|[\]\\]/g, '\\$&')
    .replaceAll(/\*\*\/|\*\*|\*|\?/g, wildcard => wildcards[wildcard] ?? wildcard)
  return new RegExp(`^${source}$`)
}

const wildcards: Record<string, string> = {
  '**/': '(?:.*/)?',
  '**': '.*',
  '*': '[^/]*',
  '?': '[^/]',
}
