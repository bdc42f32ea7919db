import { type ErrorEntry, errorCatalogue } from '@longhaul/contracts'

/** docs/api/errors.md. */
export function errorsPage(): string {
  return `# Errors

Every error answer has this body, with all four keys:

\`\`\`json
{ "error": { "message": "…", "type": "…", "param": "jobs[3].body.model", "code": "…" } }
\`\`\`

\`message\` says what is wrong and what to do; \`param\` is the field at fault, or null; \`code\` is one of
the tables below and stays what it is, so match it and not the message. Answers with status 503 carry
\`Retry-After\` in seconds. \`x-request-id\` finds the request in the log.

A job that ends badly holds \`{"code", "message", "detail"?, "retry_after_seconds"?}\` as its \`error\`: a code of the second table,
or \`model_not_found\` when the configuration has lost its model since. \`detail\` holds the provider's own
words.

This page is generated: change \`packages/contracts/errors.ts\`, then run
\`npm exec -- node services/ingress/openapi/write-errors-page.ts\`.

## Of requests

${table(entries().filter(([code]) => !isOfJobs(code)))}

## Of jobs

The status is the one that a caller would have been given had the call been made directly.

${table(entries().filter(([code]) => isOfJobs(code)))}
`
}

const entries = () => Object.entries<ErrorEntry>(errorCatalogue)

const ofJobs: ReadonlySet<string> = new Set([
  'no_model_qualifies',
  'context_length_exceeded',
  'attempts_exhausted',
  'provider_credentials_refused',
  'model_unavailable',
  'provider_rejected',
  'content_refused',
  'response_unusable',
  'worker_lost',
  'deadline_exceeded',
  'job_cancelled',
])

function isOfJobs(code: string): boolean {
  return ofJobs.has(code)
}

/** Padded as Biome formats it. */
function table(entries: Array<[string, ErrorEntry]>): string {
  const rows = entries
    .toSorted(([, one], [, other]) => one.status - other.status)
    .map(([code, { status, type, doc }]) => [`\`${code}\``, String(status), `\`${type}\``, doc])
  const head = ['code', 'status', 'type', 'meaning']
  const widths = head.map((title, column) =>
    Math.max(...[title, ...rows.map(row => row[column] ?? '')].map(({ length }) => length)),
  )
  const rule = widths.map(width => '-'.repeat(width))
  return [head, rule, ...rows]
    .map(row => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`)
    .join('\n')
}
