import { existsSync, globSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { readServiceEnv } from '@longhaul/runtime'
import { copiesOf, lastOf, readDockerfile } from './dockerfile.ts'
import { dockerignore } from './dockerignore.ts'
import { reachedFrom } from './imports.ts'
import { longRunning, readFile, readOurCompose, readOurImage, root } from './repository.ts'

const { stages, final, isIgnored } = readOurImage()
const fromContext = (stage: (typeof stages)[number]) =>
  copiesOf(stage).flatMap(({ from, sources }) => (from === undefined ? sources : []))
const isUnder = (path: string, folders: string[]) =>
  folders.some(folder => path === folder || path.startsWith(`${folder}/`))
const isInImage = (path: string) => isUnder(path, fromContext(final)) && !isIgnored(path)

describe('the image', () => {
  it('has the Node that the repository pins', () => {
    const lock = JSON.parse(readFile('package-lock.json'))
    const { version } = lock.packages['node_modules/node']
    expect(stages.map(({ from }) => from)).toEqual(
      stages.map(() => expect.stringMatching(`^node:${version}-[a-z]+-slim$`)),
    )
  })

  it('copies what is there and what the build context holds', () => {
    const sources = stages.flatMap(fromContext)
    expect(sources.length).toBeGreaterThan(5)
    expect(sources.filter(path => !existsSync(join(root, path)) || isIgnored(path))).toEqual([])
  })

  it('copies from stages that come before', () => {
    for (const [position, stage] of stages.entries()) {
      const before = stages.slice(0, position).map(({ name }) => name)
      for (const { from } of copiesOf(stage)) {
        if (from !== undefined) expect(before).toContain(from)
      }
    }
  })

  it('installs by the manifests of all workspaces', () => {
    const { workspaces } = JSON.parse(readFile('package.json'))
    const manifests = globSync(
      workspaces.map((workspace: string) => `${workspace}/package.json`),
      { cwd: root },
    )
    expect(manifests.length).toBeGreaterThan(10)
    const copied = fromContext(stages[0] ?? final)
    expect(manifests.filter(path => !isUnder(path, copied) || isIgnored(path))).toEqual([])
  })

  it('runs as a user that is not root, named by its number', () => {
    expect(lastOf(final, 'USER')).toMatch(/^[1-9]\d*(:[1-9]\d*)?$/)
  })

  it('exposes and checks the port that services take by default', () => {
    const read = readServiceEnv({ DATABASE_URL: 'postgres://db/x', LONGHAUL_CONFIG: 'x' })
    const port = read.ok ? String(read.env.port) : 'none'
    expect(lastOf(final, 'EXPOSE')).toBe(port)
    expect(lastOf(final, 'HEALTHCHECK')).toContain(`http://127.0.0.1:${port}/healthz`)
  })

  it('holds no secret', () => {
    const settings = stages.flatMap(stage =>
      stage.instructions.filter(({ word }) => word === 'ARG' || word === 'ENV'),
    )
    expect(settings.map(({ text }) => text)).toEqual([
      'VERSION=local',
      'NODE_ENV=production',
      'NODE_OPTIONS="--max-semi-space-size=16 --max-old-space-size=1024"',
    ])
  })
})

describe('what runs in the image', () => {
  const programs = [
    ...longRunning.map(name => `services/${name}/main.ts`),
    'services/cli/main.ts',
    'test/simulator/main.ts',
    'infra/image/health.ts',
  ]

  it('is every program that the compose file starts', () => {
    const commands = Object.values(readOurCompose().services)
      .filter(({ build }) => build)
      .flatMap(({ command, healthcheck }) => [...command, ...healthcheck.test])
    const started = new Set(commands.filter(word => word.endsWith('.ts')))
    expect([...started].sort()).toEqual([...programs].sort())
  })

  it.each(programs)('%s finds all files that it needs', program => {
    const { files } = reachedFrom(root, [program])
    expect([...files].filter(path => !isInImage(path))).toEqual([])
  })

  it('has migrations', () => {
    const { files } = reachedFrom(root, ['services/cli/main.ts'])
    expect(files).toContain('packages/store/migrations')
    const migrations = globSync('packages/store/migrations/*.sql', { cwd: root })
    expect(migrations.length).toBeGreaterThan(0)
    expect(migrations.filter(path => !isInImage(path))).toEqual([])
  })

  it('finds all packages that it needs among those that are installed', () => {
    const { dependencies } = JSON.parse(readFile('package.json'))
    const { packages } = reachedFrom(root, programs)
    expect(packages.size).toBeGreaterThan(10)
    expect([...packages].filter(name => !Object.hasOwn(dependencies, name))).toEqual([])
  })
})

describe('the build context', () => {
  it.each([
    '.env',
    '.git/config',
    '.longhaul/postgres.password',
    'node_modules/pg/package.json',
    'packages/store/node_modules/x/index.js',
    'packages/store/store.test.ts',
    'services/ingress/.env',
    'infra/compose/longhaul.yaml',
    'docs/glossary.md',
    'test/fault/main.ts',
  ])('leaves out %s', path => expect(isIgnored(path)).toBe(true))
})

describe('readDockerfile', () => {
  it('tells stages, flags, continued lines and ARGs apart', () => {
    const [one, two] = readDockerfile(
      'ARG BASE=node:1\n# comment\nFROM ${BASE} AS one\nRUN a \\\n  # inside\n  b\nFROM x\nCOPY --from=one --chown=1 /a b ./\n',
    )
    expect(one).toMatchObject({ name: 'one', from: 'node:1', instructions: [{ text: 'a b' }] })
    expect(two && copiesOf(two)).toEqual([{ from: 'one', sources: ['/a', 'b'], target: './' }])
  })
})

describe('dockerignore', () => {
  it('lets the last pattern decide that matches the path or a folder above it', () => {
    const isIgnored = dockerignore('# c\n*\n!a\n!b/c\n**/*.log\n')
    expect(['a/x.ts', 'b/c/x', 'b/d', 'a/deep/x.log', 'x'].map(isIgnored)).toEqual([
      false,
      false,
      true,
      true,
      true,
    ])
  })
})
