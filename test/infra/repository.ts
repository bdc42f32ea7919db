import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseEnv } from 'node:util'
import { type Compose, readCompose } from './compose.ts'
import { readDockerfile, type Stage } from './dockerfile.ts'
import { dockerignore } from './dockerignore.ts'

/** The repository, with its links followed. */
export const root = fileURLToPath(new URL('../..', import.meta.url))

export function readFile(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

/** The services that run for long, each as a process of its own. */
export const longRunning: readonly string[] = readdirSync(join(root, 'services')).filter(name => {
  const files = readdirSync(join(root, 'services', name))
  return (
    files.includes('main.ts') && readFile(`services/${name}/main.ts`).includes('runServiceProcess(')
  )
})

/** What somebody has who filled in the example as it says. */
export const variables: Readonly<Record<string, string>> = {
  ...(parseEnv(readFile('infra/compose/env.example')) as Record<string, string>),
  POSTGRES_PASSWORD: 'a'.repeat(48),
  REDIS_PASSWORD: 'b'.repeat(48),
  LONGHAUL_API_KEY: 'c'.repeat(48),
}

export function readOurCompose(): Compose {
  return readCompose(readFile('docker-compose.yml'), variables)
}

export interface OurImage {
  stages: Stage[]
  final: Stage
  isIgnored: (path: string) => boolean
}

export function readOurImage(): OurImage {
  const stages = readDockerfile(readFile('Dockerfile'))
  const final = stages.at(-1)
  if (!final) throw new Error('the Dockerfile has no stage')
  return { stages, final, isIgnored: dockerignore(readFile('.dockerignore')) }
}
