import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** A fenced block of a document that is marked to be run: `<!-- run: name -->` on the line above. */
export interface Example {
  name: string
  language: string
  text: string
}

export function repositoryPath(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url))
}

export function readDocument(path: string): string {
  return readFileSync(repositoryPath(path), 'utf8')
}

/** In the order of the document. */
export function examplesOf(markdown: string): Example[] {
  const marked = /<!-- run: ([\w-]+) -->\n```(\w+)\n([\s\S]*?)\n```/g
  return Array.from(markdown.matchAll(marked), ([, name = '', language = '', text = '']) => ({
    name,
    language,
    text,
  }))
}

/** What follows a heading, up to the next of the same depth or above. */
export function sectionOf(markdown: string, heading: string): string {
  const lines = markdown.split('\n')
  const start = lines.indexOf(heading)
  if (start < 0) throw new Error(`no heading "${heading}"`)
  const depth = heading.indexOf(' ')
  const rest = lines.slice(start + 1)
  const end = rest.findIndex(line => new RegExp(`^#{1,${depth}} `).test(line))
  return (end < 0 ? rest : rest.slice(0, end)).join('\n')
}

/** The cells of a table's rows, without its head. */
export function tableRows(markdown: string): string[][] {
  return markdown
    .split('\n')
    .filter(line => line.startsWith('|'))
    .slice(2)
    .map(line =>
      line
        .slice(1, line.lastIndexOf('|'))
        .split('|')
        .map(cell => cell.trim()),
    )
}

/** `a` of a cell that reads `` `a` ``; the cell itself when it is plain. */
export function plain(cell: string): string {
  return cell.replace(/^`(.*)`$/, '$1')
}
