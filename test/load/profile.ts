import { readFileSync } from 'node:fs'

interface Profile {
  nodes: Array<{
    id: number
    callFrame: { functionName: string; url: string; lineNumber: number }
  }>
  samples: number[]
  timeDeltas: number[]
}

const SHOWN = 40
const NOT_WORK = new Set(['(idle)', '(program)', '(root)'])

/** For Node: a profile of this process, written into the working directory at its end. */
export function profileFlags(name: string): string[] {
  return ['--cpu-prof', `--cpu-prof-name=${profileFile(name)}`]
}

export function profileFile(name: string): string {
  return `${name}.cpuprofile`
}

/** The functions that a V8 CPU profile shows most of, by their own time. */
export function summariseProfile(file: string): string {
  const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(file, 'utf8')) as Profile
  const names = new Map(nodes.map(node => [node.id, nameOf(node.callFrame)]))
  const byName = new Map<string, number>()
  for (const [index, id] of samples.entries()) {
    const name = names.get(id) ?? ''
    byName.set(name, (byName.get(name) ?? 0) + (timeDeltas[index] ?? 0))
  }
  const work = [...byName].filter(([name]) => !NOT_WORK.has(name))
  const total = work.reduce((sum, [, us]) => sum + us, 0)
  return work
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, SHOWN)
    .map(([name, us]) => `${((100 * us) / total).toFixed(1).padStart(5)} %  ${name}`)
    .join('\n')
}

function nameOf({ functionName, url, lineNumber }: Profile['nodes'][number]['callFrame']): string {
  const place = url.replace(/^.*\/node_modules\//, '').replace(/^file:\/\//, '')
  const name = functionName || '(anonymous)'
  return url ? `${name}  ${place}:${lineNumber + 1}` : name
}
