import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { knownProviders } from '../../packages/runtime/catalog/known-models.ts'
import { type ComposeService, environmentOf, readCompose, readComposeAsWritten } from './compose.ts'
import { longRunning, readFile, readOurCompose, root, variables } from './repository.ts'

const { services, networks, volumes } = readOurCompose()
const names = Object.keys(services)
const serviceNamed = (name: string): ComposeService => {
  const service = services[name]
  if (!service) throw new Error(`docker-compose.yml has no service ${name}`)
  return service
}

describe.each(longRunning)('the service %s', name => {
  const service = serviceNamed(name)
  const environment = environmentOf(service, variables)

  it('is started by its entry point, from the image that is built here', () => {
    expect(service.build).toMatchObject({ context: '.' })
    expect(service.command).toEqual(['node', `services/${name}/main.ts`])
  })

  it('is told of the database, of Kafka and of Redis', () => {
    expect(environment).toMatchObject({
      DATABASE_URL: expect.stringContaining('@postgres:5432/'),
      KAFKA_BROKERS: 'kafka:9092',
      REDIS_URL: expect.stringContaining('@redis:6379/'),
    })
  })

  it('is told of a configuration in the folder that is mounted', () => {
    const [source = '', target = ''] = service.volumes[0]?.split(':') ?? []
    const path = environment.LONGHAUL_CONFIG ?? ''
    expect(path.startsWith(`${target}/`)).toBe(true)
    expect(existsSync(join(root, source, path.slice(target.length)))).toBe(true)
  })

  it('is checked by whether it is ready, at the port that it takes', () => {
    expect(service.expose).toEqual([environment.PORT])
    expect(service.healthcheck.test).toEqual([
      ...['CMD', 'node', 'infra/image/health.ts'],
      `http://127.0.0.1:${environment.PORT}/readyz`,
    ])
  })

  it('starts after the migrations, Kafka and Redis', () => {
    expect(service.depends_on).toMatchObject({
      migrate: { condition: 'service_completed_successfully' },
      kafka: { condition: 'service_healthy' },
      redis: { condition: 'service_healthy' },
    })
  })

  it('runs as often as is asked for, and may write nowhere', () => {
    const plural = `${name}${name.endsWith('s') ? 'es' : 's'}`.toUpperCase()
    const scaled = readCompose(readFile('docker-compose.yml'), { ...variables, [plural]: '7' })
    expect(service.deploy.replicas).toBe(2)
    expect(scaled.services[name]?.deploy.replicas).toBe(7)
    expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'] })
  })

  it('gets the keys of the providers that we know', () => {
    const keys = Object.values(knownProviders).map(({ key }) => key)
    const given = Object.fromEntries(keys.map(key => [key, `value of ${key}`]))
    expect(environmentOf(service, given)).toMatchObject(given)
    expect(keys.filter(key => key in environment)).toEqual([])
  })
})

describe('the service ingress', () => {
  it('is given the first key', () => {
    expect(environmentOf(serviceNamed('ingress'), variables)).toMatchObject({
      LONGHAUL_API_KEY: variables.LONGHAUL_API_KEY,
    })
  })

  it('is the only one that gets it', () => {
    const others = names.filter(name => name !== 'ingress')
    expect(others.filter(name => 'LONGHAUL_API_KEY' in serviceNamed(name).environment)).toEqual([])
  })
})

describe('the migrations', () => {
  const { command, environment, restart, depends_on } = serviceNamed('migrate')

  it('run once, on the database of the services', () => {
    expect(command).toEqual(['node', 'services/cli/main.ts', 'migrate'])
    expect(environment.DATABASE_URL).toBe(serviceNamed('router').environment.DATABASE_URL)
    expect(restart).toBe('no')
    expect(depends_on).toMatchObject({ postgres: { condition: 'service_healthy' } })
  })
})

describe('docker-compose.yml', () => {
  it('has what each service depends on, in a state that it can reach', () => {
    for (const { depends_on } of Object.values(services)) {
      for (const [name, { condition }] of Object.entries(depends_on)) {
        const { healthcheck, restart } = serviceNamed(name)
        const reaches =
          condition === 'service_healthy' ? healthcheck.test.length > 0 : restart === 'no'
        expect([name, condition, reaches]).toEqual([name, condition, true])
      }
    }
  })

  it('has every network that is named, and the hosts that are named are on one', () => {
    for (const [name, service] of Object.entries(services)) {
      expect(service.networks.filter(network => !(network in networks))).toEqual([])
      for (const [host, port] of hostsNamedBy(name, service)) {
        const other = serviceNamed(host)
        expect(other.expose).toContain(port)
        const shared = other.networks.filter(network => service.networks.includes(network))
        expect([name, host, shared.length > 0]).toEqual([name, host, true])
      }
    }
  })

  it('keeps the stores away from the world', () => {
    for (const store of ['postgres', 'kafka', 'redis']) {
      expect(serviceNamed(store)).toMatchObject({ networks: ['backend'], ports: [] })
    }
    expect(networks.backend).toEqual({ internal: true })
    expect(names.filter(name => serviceNamed(name).ports.length > 0)).toEqual(['gateway'])
  })

  it('lets those out that call others', () => {
    const outside = names.filter(name =>
      serviceNamed(name).networks.some(network => !networks[network]?.internal),
    )
    expect(outside).toEqual(['gateway', 'ingress', 'worker', 'courier'])
  })

  it('has every volume and every file that is mounted, and mounts every volume', () => {
    const sources = Object.values(services).flatMap(service =>
      service.volumes.map(volume => volume.split(':')[0] ?? ''),
    )
    const files = sources.filter(source => source.startsWith('./'))
    expect(files.filter(file => !existsSync(join(root, file)))).toEqual([])
    const named = sources.filter(source => !source.startsWith('./'))
    expect(named.sort()).toEqual(Object.keys(volumes).sort())
  })

  it('names the version of every image', () => {
    for (const { image, build } of Object.values(services)) {
      expect(image).toMatch(build ? /^longhaul:local$/ : /^[\w./-]+:\d+(\.\d+)*(-\w+)?$/)
    }
  })

  it('runs everything without root that does not bring a user of its own', () => {
    const dropsRootItself = ['postgres', 'kafka', 'redis']
    for (const name of names.filter(each => !dropsRootItself.includes(each))) {
      const { build, user, read_only } = serviceNamed(name)
      expect([name, Boolean(build) || user, read_only]).toEqual([
        name,
        build ? true : expect.stringMatching(/^[1-9]/),
        true,
      ])
    }
  })

  it('allows as many connections to PostgreSQL as all processes take', () => {
    const CONNECTIONS_PER_PROCESS = 16
    const processes = longRunning.reduce((sum, name) => sum + serviceNamed(name).deploy.replicas, 0)
    const setting = serviceNamed('postgres').command.find(word =>
      word.startsWith('max_connections='),
    )
    const allowed = Number(setting?.split('=')[1])
    expect(processes * CONNECTIONS_PER_PROCESS).toBeLessThan(allowed * 0.75)
  })
})

describe('secrets', () => {
  const SECRET_NAME = /PASSWORD|SECRET|TOKEN|_KEY$|AUTH/
  const written = readComposeAsWritten(readFile('docker-compose.yml')) as {
    services: Record<string, ComposeService>
  }

  it.each(Object.entries(written.services))('are not in the service %s', (_name, service) => {
    for (const [name, value] of Object.entries(service.environment ?? {})) {
      if (SECRET_NAME.test(name) && value !== null) expect(value).toMatch(/^\$\{\w+:\?[^}]+\}$/)
    }
    const texts = JSON.stringify(service).matchAll(/[a-z]+:\/\/[^/"@]*:([^/"@]*|\$\{[^}]*\})@/g)
    for (const [, password] of texts) expect(password).toMatch(/^\$\{\w+:\?[^}]+\}$/)
  })

  it.each(['POSTGRES_PASSWORD', 'REDIS_PASSWORD', 'LONGHAUL_API_KEY'])(
    '%s must be given, and where it is missing the message says what to do',
    name => {
      const { [name]: _, ...others } = variables
      const read = () => readCompose(readFile('docker-compose.yml'), others)
      expect(read).toThrow(`${name} is not set, see infra/compose/env.example`)
    },
  )

  it('are empty in the example of .env', () => {
    const filled = readFile('infra/compose/env.example').match(
      /^#?\w*(PASSWORD|SECRET|TOKEN|KEY)=.+$/gm,
    )
    expect(filled).toBeNull()
  })

  it('and all other variables are in the example of .env', () => {
    const used = readFile('docker-compose.yml').matchAll(/\$\{(\w+)|^ {2}(\w+_API_KEY):$/gm)
    const named = new Set(Array.from(used, ([, one, other]) => one ?? other))
    const listed = readFile('infra/compose/env.example').matchAll(/^#?([A-Z_]+)=/gm)
    const inExample = Array.from(listed, ([, name]) => name)
    expect(inExample.filter(name => name !== 'COMPOSE_PROFILES').sort()).toEqual([...named].sort())
  })
})

/** Services of this file that an environment or a command names, with the port. */
function hostsNamedBy(name: string, service: ComposeService): [host: string, port: string][] {
  const texts = [...Object.values(environmentOf(service, variables)), ...service.command]
  const others = names.filter(other => other !== name).join('|')
  return texts.flatMap(text =>
    Array.from(text.matchAll(new RegExp(`\\b(${others}):(\\d+)`, 'g')), ([, host, port]) => {
      const pair: [string, string] = [host ?? '', port ?? '']
      return pair
    }),
  )
}
