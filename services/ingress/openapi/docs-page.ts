import type { oas31 } from 'zod-openapi'
import { docsStyle } from './docs-style.ts'
import type { OpenApiDocument } from './document.ts'
import { exampleTarget } from './example-target.ts'
import { Html, html, inline, prose } from './html.ts'
import { type Field, fieldsOf, type Schema, type TypeWords, typeWords } from './schema-words.ts'

interface Route {
  method: string
  path: string
  operation: oas31.OperationObject
}

/** The document as one page for people, which loads nothing. */
export function docsPage(document: OpenApiDocument): string {
  const routes = routesOf(document)
  const byTag = Map.groupBy(routes, ({ operation }) => operation.tags?.[0] ?? 'Other')
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${document.info.title} API</title>
<style>${new Html(docsStyle)}</style>
</head>
<body>
<h1>${document.info.title} API</h1>
${prose(document.info.description ?? '')}
<p>Machines read <a href="/openapi.json">/openapi.json</a>.</p>
${start()}
<nav>${[...byTag].map(([tag, tagged]) => contents(tag, tagged))}</nav>
${[...byTag].map(([tag, tagged]) => html`<h2>${tag}</h2>${tagged.map(routeSection)}`)}
<h2>Objects</h2>
${Object.entries(document.components?.schemas ?? {}).map(([name, schema]) => objectSection(name, schema))}
</body>
</html>
`
  return page.text
}

function start(): Html {
  return html`<h2>Start</h2>
<p>Every request of <code>/v1</code> carries your key. Set these two once, and the examples below work as they are:</p>
${code('export LONGHAUL_URL=http://127.0.0.1:8787\nexport LONGHAUL_API_KEY=lh_…')}`
}

function contents(tag: string, routes: Route[]): Html {
  return html`<h4>${tag}</h4><ul>${routes.map(
    ({ method, path, operation }) =>
      html`<li><span class="method">${method}</span> <a href="#${operation.operationId}"><code>${path}</code></a> ${operation.summary}</li>`,
  )}</ul>`
}

function routeSection(route: Route): Html {
  const { method, path, operation } = route
  return html`<section id="${operation.operationId}">
<h3><span class="method">${method}</span> <code>${path}</code> — ${operation.summary}</h3>
${prose(operation.description ?? '')}
${parameters(operation)}
${requestBody(operation)}
<h4>Example</h4>
${curls(route).map(code)}
${Object.entries(operation.responses ?? {}).map(([status, response]) => answer(status, response))}
</section>`
}

function parameters(operation: oas31.OperationObject): Html | undefined {
  const all = (operation.parameters ?? []).filter(parameter => 'name' in parameter)
  if (all.length === 0) return undefined
  const fields = all.map(parameter => ({
    path: `${parameter.name} (${parameter.in})`,
    type: typeWords((parameter.schema ?? {}) as Schema),
    isRequired: parameter.required ?? false,
    description: parameter.description ?? '',
  }))
  return html`<h4>Parameters</h4>${table(fields)}`
}

function requestBody({ requestBody: body }: oas31.OperationObject): Html | undefined {
  if (!body || !('content' in body)) return undefined
  const schema = Object.values(body.content)[0]?.schema as Schema | undefined
  return schema && html`<h4>Body</h4><p>${linked(typeWords(schema))}</p>`
}

function answer(status: string, response: unknown): Html {
  const { description, content = {} } = response as oas31.ResponseObject
  const [type, media] = Object.entries(content)[0] ?? []
  if (Number(status) >= 400) {
    return html`<details><summary>${status}</summary>${prose(description)}</details>`
  }
  const example = (media as { example?: unknown } | undefined)?.example
  const schema = media?.schema as Schema | undefined
  return html`<h4>Answer ${status}</h4>
<p>${inline(description)}: ${schema && type === 'application/json' ? linked(typeWords(schema)) : type}</p>
${example !== undefined && code(typeof example === 'string' ? example : JSON.stringify(example, null, 2))}`
}

function objectSection(name: string, schema: Schema): Html {
  return html`<section id="object-${name}"><h3>${name}</h3>${table(fieldsOf(schema))}</section>`
}

function table(fields: Field[]): Html {
  return html`<div class="wide"><table>
<tr><th>Field</th><th>Type</th><th></th></tr>
${fields.map(
  ({ path, type, isRequired, description }) =>
    html`<tr><td><code>${path}</code>${isRequired && html` <span class="needed">required</span>`}</td><td>${linked(type)}</td><td>${inline(description)}</td></tr>`,
)}
</table></div>`
}

function linked(words: TypeWords): Html[] {
  return words.map(word =>
    'text' in word
      ? html`${word.text}`
      : html`<a href="#object-${word.component}">${word.component}</a>`,
  )
}

/** One command per example of the body, or one at all. */
function curls({ method, path, operation }: Route): string[] {
  const url = `"$LONGHAUL_URL${exampleTarget(path, operation)}"`
  const verb = method === 'GET' ? '' : ` -X ${method}`
  const key = operation.security?.length
    ? ` \\\n  -H "Authorization: Bearer $LONGHAUL_API_KEY"`
    : ''
  const { requestBody: body } = operation
  const [type, media] = Object.entries(body && 'content' in body ? body.content : {})[0] ?? []
  const { examples } = media ?? {}
  if (!examples) return [`curl${verb} ${url}${key}`]
  if (type === 'multipart/form-data') {
    return [`curl ${url}${key} \\\n  -F purpose=batch -F file=@requests.jsonl`]
  }
  return Object.values(examples).map(example => {
    const value = JSON.stringify('value' in example ? example.value : {}, null, 2)
    const quoted = value.replaceAll("'", "'\\''")
    return `curl ${url}${key} \\\n  -H 'Content-Type: application/json' \\\n  -d '${quoted}'`
  })
}

function code(text: string): Html {
  return html`<pre><code>${text}</code></pre>`
}

function routesOf(document: OpenApiDocument): Route[] {
  return Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    (['get', 'post', 'delete'] as const).flatMap(method => {
      const operation = item[method]
      return operation ? [{ method: method.toUpperCase(), path, operation }] : []
    }),
  )
}
