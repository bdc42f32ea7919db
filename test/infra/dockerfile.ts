export interface Instruction {
  /** In capitals. */
  word: string
  /** `--from=x` → `{ from: 'x' }` */
  flags: Record<string, string>
  /** What follows the flags, with ARGs of the head of the file put in. */
  text: string
}

export interface Stage {
  /** Its name, else its number. */
  name: string
  from: string
  instructions: Instruction[]
}

export interface Copy {
  /** The stage it copies from; undefined: the build context. */
  from: string | undefined
  sources: string[]
  target: string
}

/** Reads the part of a Dockerfile's language that ours uses. */
export function readDockerfile(text: string): Stage[] {
  const defaults: Record<string, string> = {}
  const stages: Stage[] = []
  for (const line of logicalLines(text)) {
    const instruction = readInstruction(line, defaults)
    const stage = stages.at(-1)
    if (instruction.word === 'FROM') {
      const [from = '', , name] = instruction.text.split(/\s+/)
      stages.push({ name: name ?? String(stages.length), from, instructions: [] })
    } else if (stage) {
      stage.instructions.push(instruction)
    } else {
      const [, name = '', value = ''] = /^(\w+)=(.*)$/.exec(instruction.text) ?? []
      defaults[name] = value
    }
  }
  return stages
}

/** What a stage copies, in order. */
export function copiesOf(stage: Stage): Copy[] {
  return stage.instructions.filter(({ word }) => word === 'COPY').map(readCopy)
}

export function readCopy({ flags, text }: Instruction): Copy {
  const words = text.split(/\s+/)
  return { from: flags.from, sources: words.slice(0, -1), target: words.at(-1) ?? '' }
}

/** What the last instruction of that kind says. */
export function lastOf(stage: Stage, word: string): string | undefined {
  return stage.instructions.findLast(instruction => instruction.word === word)?.text
}

function logicalLines(text: string): string[] {
  return text
    .replaceAll(/^\s*#.*\n/gm, '')
    .replaceAll(/\s*\\\n\s*/g, ' ')
    .split('\n')
    .filter(line => line.trim() !== '')
}

function readInstruction(line: string, defaults: Record<string, string>): Instruction {
  const [, word = '', rest = ''] = /^(\w+)\s+(.*)$/.exec(line) ?? []
  const flags: Record<string, string> = {}
  let text = rest.trim()
  for (;;) {
    const flag = /^--([\w-]+)=(\S+)\s+/.exec(text)
    if (!flag) break
    flags[flag[1] ?? ''] = flag[2] ?? ''
    text = text.slice(flag[0].length)
  }
  const replaced = text.replaceAll(/\$\{(\w+)\}/g, (match, name) => defaults[name] ?? match)
  return { word: word.toUpperCase(), flags, text: replaced }
}
