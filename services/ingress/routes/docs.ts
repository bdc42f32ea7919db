import { send, sendJson } from '../answer.ts'
import type { Handler } from '../app.ts'
import { docsPage } from '../openapi/docs-page.ts'
import { openApiDocument } from '../openapi/document.ts'

/** Nothing is loaded, not even from here: the style is in the page. */
const PAGE_HEADERS = {
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
}

/** `/openapi.json` and `/docs`, made once. */
export function docsHandlers(): Record<'getOpenApi' | 'getDocs', Handler> {
  const document = openApiDocument()
  const json = JSON.stringify(document)
  const page = docsPage(document)
  return {
    getOpenApi: (_request, response) => {
      sendJson(response, 200, json)
    },
    getDocs: (_request, response) => {
      send(response, 200, 'text/html; charset=utf-8', page, PAGE_HEADERS)
    },
  }
}
