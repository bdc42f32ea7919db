import { isMap, isScalar, type Node, type Scalar } from 'yaml'
import type { Interpolation } from './interpolation.ts'
import type { YamlSource } from './yaml-source.ts'

export interface LiteralSecret {
  path: PropertyKey[]
  message: string
  remedy: string
}

const SECRET_HEADER = /authorization|api-?key|token|secret|password|cookie/i
const URL_PASSWORD = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*@/i

/** Whether what stands at the path is hidden from messages. */
export function isSecretPath(path: readonly PropertyKey[]): boolean {
  const [models, , deployments, , key, header] = path.map(String)
  if (models !== 'models' || deployments !== 'deployments') return false
  return key === 'api_key' || (key === 'headers' && SECRET_HEADER.test(header ?? ''))
}

/** Secrets that the file itself holds: files are shared, mailed and committed. */
export function literalSecrets(source: YamlSource, { written }: Interpolation): LiteralSecret[] {
  const found: LiteralSecret[] = []
  const isLiteral = (node: Node | undefined): node is Scalar<string> =>
    isScalar(node) &&
    typeof node.value === 'string' &&
    node.value !== '' &&
    !node.value.includes('${') &&
    !written.has(node)
  for (const model of namesAt(source, ['models'])) {
    for (const deployment of namesAt(source, ['models', model, 'deployments'])) {
      const path = ['models', model, 'deployments', deployment]
      const secretPaths = [
        [...path, 'api_key'],
        ...namesAt(source, [...path, 'headers']).map(name => [...path, 'headers', name]),
      ].filter(isSecretPath)
      for (const secretPath of secretPaths) {
        if (isLiteral(source.placeOf(secretPath)?.value)) {
          found.push(moveToEnvironment(secretPath, deployment))
        }
      }
      const urlPath = [...path, 'base_url']
      const url = source.placeOf(urlPath)?.value
      if (isLiteral(url) && URL_PASSWORD.test(url.value)) {
        found.push({
          path: urlPath,
          message: 'holds a user name or password',
          remedy: 'leave it out, and use api_key or headers',
        })
      }
    }
  }
  return found
}

function moveToEnvironment(path: string[], deployment: string): LiteralSecret {
  const name = `${deployment.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_')}_API_KEY`
  return {
    path,
    message: 'is a secret written into the file',
    remedy: `put it into the environment and write \${${name}} here`,
  }
}

function namesAt(source: YamlSource, path: string[]): string[] {
  const node = source.placeOf(path)?.value
  if (!isMap(node)) return []
  return node.items.flatMap(({ key }) => (isScalar(key) ? [String(key.value)] : []))
}
