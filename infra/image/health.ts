/**
 * The health check of containers: `node infra/image/health.ts URL` ends with 0
 * when the URL answers 2xx, else with 1 and the answer, which `docker inspect`
 * then shows. The slim image of Node has no curl.
 */
const TIMEOUT_MS = 4_000

const url = process.argv[2] ?? ''
try {
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) })
  if (!response.ok) {
    console.error(`${response.status} ${await response.text()}`)
    process.exitCode = 1
  }
} catch (error) {
  const reason = error instanceof Error && error.cause ? error.cause : error
  console.error(`${url} does not answer: ${reason}`)
  process.exitCode = 1
}
