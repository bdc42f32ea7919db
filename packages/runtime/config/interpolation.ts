import { isScalar, type Scalar, visit } from 'yaml'
import type { Env } from '../env.ts'
import type { YamlSource } from './yaml-source.ts'

/** What could not be put in, and where. */
export interface InterpolationFault {
  scalar: Scalar
  message: string
  remedy: string
}

export interface Interpolation {
  /** Scalars that took a value from the environment, with what the file says. */
  written: Map<Scalar, string>
  faults: InterpolationFault[]
}

const REFERENCE = /\$\$\{|\$\{([^}]*)\}|\$\{/g
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/
const UNPRINTABLE = /\p{Cc}/u

/**
 * Replaces `${NAME}`, whole or in part, in every string of the document;
 * `$${` stands for `${` itself. Keys are left alone. What cannot be replaced
 * stays as it is written.
 */
export function interpolate(source: YamlSource, env: Env): Interpolation {
  const written = new Map<Scalar, string>()
  const faults: InterpolationFault[] = []
  visit(source.document, {
    Scalar(position, scalar) {
      if (position === 'key' || !isScalar(scalar) || typeof scalar.value !== 'string') return
      const text = scalar.value
      if (!text.includes('${')) return
      const before = faults.length
      const replaced = text.replaceAll(REFERENCE, (match, name: string | undefined) => {
        if (match === '$${') return '${'
        const value = resolve(name, env)
        if (typeof value === 'string') {
          written.set(scalar, text)
          return value
        }
        faults.push({ scalar, ...value })
        return match
      })
      if (faults.length === before) scalar.value = replaced
    },
  })
  return { written, faults }
}

function resolve(name: string | undefined, env: Env): string | Omit<InterpolationFault, 'scalar'> {
  if (name === undefined || !NAME.test(name)) {
    return {
      message: 'holds a reference that is not of the form ${NAME}',
      remedy: 'name one environment variable, without a default; for the characters write $${',
    }
  }
  const value = env[name]
  if (value === undefined || value === '') {
    return {
      message: `names the environment variable ${name}, which is ${value === '' ? 'empty' : 'not set'}`,
      remedy: `set ${name} where this is started, or remove the key`,
    }
  }
  if (UNPRINTABLE.test(value)) {
    return {
      message: `names the environment variable ${name}, which holds a line break or control character`,
      remedy: `set ${name} again without it`,
    }
  }
  return value
}
