import { readFileSync, statSync } from 'node:fs'
import { type Config, configSchema, namingIssues } from '@longhaul/contracts'
import { withoutCredentials } from '@longhaul/telemetry'
import { isAlias, isMap, isNode, isScalar, isSeq, type Node } from 'yaml'
import type { Env } from '../env.ts'
import { checkAllowEntries } from '../receiver-policy.ts'
import { type ConfigFault, describePath } from './fault.ts'
import { type Interpolation, interpolate } from './interpolation.ts'
import { type Finding, findingsOf, type SchemaIssue } from './issues.ts'
import { SchemaGuide } from './json-schema.ts'
import { isSecretPath, literalSecrets } from './literal-secrets.ts'
import type { Written } from './value-words.ts'
import { type Position, YamlSource } from './yaml-source.ts'

export type ConfigResult = { ok: true; config: Config } | { ok: false; faults: ConfigFault[] }

const MAX_FILE_BYTES = 4 * 1024 * 1024
const MAX_ALIASES = 1_000
const MAX_SHOWN = 60

/**
 * Reads a configuration (YAML 1.2, or JSON, which is a part of it), puts in
 * `${NAME}` from `env` and checks it. Every fault is reported, in the order of
 * the file; after an error of syntax, those alone.
 */
export function loadConfigFile(source: string | { text: string }, env: Env): ConfigResult {
  const text = typeof source === 'string' ? readText(source) : source
  return 'fault' in text ? { ok: false, faults: [text.fault] } : checkText(text.text, env)
}

function readText(path: string): { text: string } | { fault: ConfigFault } {
  try {
    if (statSync(path).size > MAX_FILE_BYTES) {
      return { fault: ofFile('is larger than 4 MiB', 'is this the right file?') }
    }
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path)) }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') {
      return { fault: ofFile('is not UTF-8', 'save the file as UTF-8') }
    }
    const reason = code === 'ENOENT' ? 'there is no such file' : `the file cannot be read (${code})`
    return { fault: ofFile(reason, 'check the path and its permissions') }
  }
}

function ofFile(
  message: string,
  remedy: string,
  at: Position = { line: 1, column: 1 },
): ConfigFault {
  return { path: '', value: '', message, remedy, ...at }
}

function checkText(text: string, env: Env): ConfigResult {
  const source = new YamlSource(text)
  const syntax = syntaxFaults(source, text)
  if (source.errors.some(({ code }) => code !== 'DUPLICATE_KEY')) return failure(syntax)
  if (source.document.contents === null) {
    return failure([ofFile('the file is empty', 'start from docs/guides/longhaul.example.yaml')])
  }
  const interpolation = interpolate(source, env)
  const check = new FileCheck(source, interpolation)
  let value: unknown
  try {
    value = source.document.toJS({ maxAliasCount: MAX_ALIASES })
  } catch {
    return failure([ofFile('uses more aliases than a configuration needs', 'write the values out')])
  }
  const parsed = configSchema.safeParse(value, { reportInput: true })
  const issues = parsed.success
    ? allowIssues(parsed.data)
    : [...parsed.error.issues, ...namingIssues(value)]
  const faults = [...syntax, ...check.ownFaults(), ...check.faultsOf(issues)]
  return parsed.success && faults.length === 0 ? { ok: true, config: parsed.data } : failure(faults)
}

/** What only the network's own terms tell: which receivers an entry names. */
function allowIssues({ webhooks }: Config): SchemaIssue[] {
  return webhooks.allow.flatMap((entry, index) =>
    checkAllowEntries([entry]).map(() => ({
      code: 'custom' as const,
      path: ['webhooks', 'allow', index],
      input: entry,
      message: 'is neither a host name nor an address or CIDR block',
      params: { remedy: 'write hooks.example.com, *.example.com, 10.1.2.3 or 10.0.0.0/8' },
    })),
  )
}

/** The schema looks at references as well, when the shape is sound: what it says twice is said once. */
function failure(faults: ConfigFault[]): ConfigResult {
  const distinct = new Map(faults.map(fault => [`${fault.path}\n${fault.message}`, fault]))
  return {
    ok: false,
    faults: [...distinct.values()].toSorted((a, b) => a.line - b.line || a.column - b.column),
  }
}

/** Turns what was found into faults: words, value and place. */
class FileCheck {
  readonly #source: YamlSource
  readonly #interpolation: Interpolation
  readonly #guide = new SchemaGuide()

  constructor(source: YamlSource, interpolation: Interpolation) {
    this.#source = source
    this.#interpolation = interpolation
  }

  /** What the schema cannot see: variables that are not set, secrets in the file. */
  ownFaults(): ConfigFault[] {
    const unset = this.#interpolation.faults.map(({ scalar, message, remedy }) => {
      const path = pathTo(this.#source.document.contents, node => node === scalar) ?? []
      const position = this.#source.positionAt(scalar.range?.[0] ?? 0)
      return { ...this.#fault({ path, message, remedy, about: 'value' }), ...position }
    })
    const secrets = literalSecrets(this.#source, this.#interpolation).map(secret =>
      this.#fault({ ...secret, about: 'value' }),
    )
    return [...unset, ...secrets]
  }

  faultsOf(issues: readonly SchemaIssue[]): ConfigFault[] {
    const context = { guide: this.#guide, writtenAt: this.#writtenAt.bind(this) }
    return issues
      .flatMap(issue => findingsOf(issue, context))
      .filter(({ path }) => !this.#isUnresolved(path))
      .map(finding => this.#fault(finding))
  }

  #fault({ path, message, remedy, about }: Finding): ConfigFault {
    const position =
      about === 'key' ? this.#source.keyPositionOf(path) : this.#source.positionOf(path)
    const value = about === 'value' ? this.#shown(path) : ''
    return { path: describePath(path), value, message, remedy, ...position }
  }

  /** What is wrong with the text of a reference says nothing: its value is unknown. */
  #isUnresolved(path: readonly PropertyKey[]): boolean {
    const value = this.#source.placeOf(path)?.value
    return this.#interpolation.faults.some(({ scalar }) => scalar === value)
  }

  #writtenAt(path: readonly PropertyKey[]): Written {
    const place = this.#source.placeOf(path)
    if (!place) return { kind: 'nothing' }
    const node = isAlias(place.value) ? place.value.resolve(this.#source.document) : place.value
    if (isMap(node)) return { kind: 'mapping' }
    if (isSeq(node)) return { kind: 'list' }
    if (!isScalar(node) || node.value === null) return { kind: 'null' }
    const { value } = node
    const fromEnvironment = this.#interpolation.written.has(node)
    if (typeof value === 'number') return { kind: 'number', value }
    if (typeof value === 'boolean') return { kind: 'boolean', value }
    return { kind: 'text', value, fromEnvironment }
  }

  #shown(path: readonly PropertyKey[]): string {
    const place = this.#source.placeOf(path)
    const node = isAlias(place?.value) ? place.value.resolve(this.#source.document) : place?.value
    if (isMap(node)) return ''
    if (isSeq(node)) return node.items.length === 0 ? '[]' : ''
    if (!isScalar(node) || node.value === null) return ''
    const original = this.#interpolation.written.get(node) ?? node.value
    if (isSecretPath(path) && !String(original).includes('${')) return 'a hidden value'
    const text =
      typeof original === 'number' ? `${original}` : withoutCredentials(JSON.stringify(original))
    return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN - 1)}…` : text
  }
}

function syntaxFaults(source: YamlSource, text: string): ConfigFault[] {
  const lines = text.split('\n')
  const broken = new Set<number>()
  return source.errors.flatMap(({ code, message, pos }) => {
    const at = source.positionAt(pos[0])
    if (code === 'DUPLICATE_KEY') {
      const path = pathTo(source.document.contents, node => node.range?.[0] === pos[0]) ?? []
      const fault = ofFile('stands there twice', 'keep one of the two', at)
      return [{ ...fault, path: describePath(path) }]
    }
    // The parser stumbles on after the first error of a line.
    if (broken.has(at.line)) return []
    broken.add(at.line)
    if (code === 'MULTIPLE_DOCS') {
      return [ofFile('begins a second document', 'keep one: remove the line "---"', at)]
    }
    const remedy = /[{[].*\$\{/.test(lines[at.line - 1] ?? '')
      ? 'within { } and [ ] put references in quotes: "${NAME}"'
      : 'correct the YAML: indent by spaces; text with ": " or " #" needs quotes'
    return [ofFile(`is not valid YAML: ${firstLineOf(message)}`, remedy, at)]
  })
}

function firstLineOf(message: string): string {
  return message.split('\n')[0] ?? message
}

/** The path of the first node, key or value, for which `matches` holds. */
function pathTo(node: unknown, matches: (node: Node) => boolean): PropertyKey[] | undefined {
  if (isNode(node) && matches(node)) return []
  if (isMap(node)) {
    for (const { key, value } of node.items) {
      const below = isNode(key) && matches(key) ? [] : pathTo(value, matches)
      if (below) return [isScalar(key) ? String(key.value) : '', ...below]
    }
  }
  if (isSeq(node)) {
    for (const [index, item] of node.items.entries()) {
      const below = pathTo(item, matches)
      if (below) return [index, ...below]
    }
  }
  return undefined
}
