import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'

export interface Reached {
  /** Files and folders of the repository, from its root. */
  files: Set<string>
  /** Names of packages that are not in the repository. */
  packages: Set<string>
}

/** Imports that exist at run time, and files that are named relative to the module. */
const references = [
  /^(?:import|export)\s+(?!type\b)(?:[^'";]*?\bfrom\s+)?'([^']+)'/gm,
  /\bimport\('([^']+)'\)/g,
  /\bnew URL\('(\.[^']+)', import\.meta\.url\)/g,
]

/**
 * Everything that the programs need when they run.
 * @param root the repository
 * @param programs from the root
 */
export function reachedFrom(root: string, programs: readonly string[]): Reached {
  const files = new Set<string>()
  const packages = new Set<string>()
  const open = [...programs]
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (files.has(file)) continue
    files.add(file)
    if (!file.endsWith('.ts') || statSync(join(root, file)).isDirectory()) continue
    const text = readFileSync(join(root, file), 'utf8')
    for (const name of references.flatMap(pattern => namesIn(text, pattern))) {
      if (name.startsWith('node:')) continue
      if (name.startsWith('.')) open.push(join(dirname(file), name))
      else if (name.startsWith('@longhaul/')) open.push(entryOf(root, name))
      else packages.add(packageOf(name))
    }
  }
  return { files, packages }
}

function namesIn(text: string, pattern: RegExp): string[] {
  return Array.from(text.matchAll(pattern), ([, name = '']) => name)
}

/** Where a workspace begins. */
function entryOf(root: string, name: string): string {
  const short = name.replace('@longhaul/', '')
  const folder = ['packages', 'services', 'test']
    .map(kind => join(kind, short))
    .find(each => existsSync(join(root, each, 'package.json')))
  if (folder === undefined) throw new Error(`${name} is no workspace`)
  return join(folder, 'index.ts')
}

function packageOf(name: string): string {
  const [first = '', second = ''] = name.split('/')
  return first.startsWith('@') ? `${first}/${second}` : first
}
