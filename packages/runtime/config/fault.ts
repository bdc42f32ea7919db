/** What is wrong with a configuration, and what to do about it. */
export interface ConfigFault {
  /** `models.gpt.price.input`; empty for the file itself. */
  path: string
  /** What stands there, short, secrets hidden; empty when nothing does. */
  value: string
  /** Follows the path as a clause: `must be a number, not text`. */
  message: string
  remedy: string
  /** 1 for the first. */
  line: number
  column: number
}

/** `longhaul.yaml:12:7 models.gpt.price: is missing — add …` */
export function describeFault(file: string, fault: ConfigFault): string {
  const { path, value, message, remedy, line, column } = fault
  const place = `${file}:${line}:${column}`
  const got = value === '' ? '' : ` (got ${value})`
  return `${place} ${path === '' ? '' : `${path}: `}${message}${got} — ${remedy}`
}

/** `models.gpt.rules[0].use`; names with a dot are quoted. */
export function describePath(path: readonly PropertyKey[]): string {
  let text = ''
  for (const segment of path) {
    if (typeof segment === 'number') text += `[${segment}]`
    else text += `${text === '' ? '' : '.'}${nameOf(String(segment))}`
  }
  return text
}

function nameOf(segment: string): string {
  return /^[\w/@:+-]+$/.test(segment) ? segment : JSON.stringify(segment)
}
