import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

/** A labelled prompt. Files that are held back may lack any field but the prompt. */
export interface Row {
  id: string
  source: string
  subject: string
  domain: string | undefined
  prompt: string
  /** 1 where the model answered correctly; null: not known. */
  models: Record<string, number | null>
  models_clean: Record<string, number | null> | undefined
  /** Near-duplicates share one. */
  group: string
  /** 1 to 3, of prompts of real life. */
  level: number | undefined
}

/** Reads JSON lines, gzipped or not. */
export function readRows(file: string): Row[] {
  const bytes = readFileSync(file)
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')
  return text
    .split('\n')
    .filter(line => line.trim() !== '')
    .map((line, index) => rowOf(JSON.parse(line) as Partial<Row>, index))
}

function rowOf(fields: Partial<Row>, index: number): Row {
  const id = fields.id ?? `row-${index}`
  const source = fields.source ?? 'unnamed'
  return {
    id,
    source,
    subject: fields.subject ?? source,
    domain: fields.domain,
    prompt: fields.prompt ?? '',
    models: fields.models ?? {},
    models_clean: fields.models_clean,
    group: fields.group ?? id,
    level: fields.level,
  }
}

const trainingFiles = ['train', 'aux/mmlu_pro.train', 'aux/zeroeval.train', 'aux/llmrouter.train']

/** The rows to train on, in the order of the files; the auxiliary ones may be missing. */
export function readTrainingRows(folder: string): Row[] {
  const [first, ...others] = trainingFiles.map(name => join(folder, `${name}.jsonl.gz`))
  if (first === undefined || !existsSync(first)) {
    throw new Error(`${folder} holds no train.jsonl.gz: name the folder with --data`)
  }
  return [first, ...others.filter(existsSync)].flatMap(readRows)
}

/** The question without the answers to choose from. */
export function stemOf(prompt: string): string {
  const at = prompt.search(/\n\s*A[.)]\s/)
  return (at > 0 ? prompt.slice(0, at) : prompt).replace(/\n?Answer:\s*$/, '')
}
