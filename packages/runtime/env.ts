/**
 * What Longhaul reads from the environment, beside the secrets that a
 * configuration names by `${NAME}`. An empty variable counts as absent.
 */
export type Env = Readonly<Record<string, string | undefined>>

export interface EnvFault {
  variable: string
  message: string
  remedy: string
}
