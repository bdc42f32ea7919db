import type { Database, Statement } from './database.ts'

/** What was known of a policy that holds a share or a budget. */
export interface PolicyState {
  policy: string
  /** Of the sums in the state: days since 1970, UTC… */
  day: number
  /** …and how many decisions of that day are in them. */
  decided: number
  /** JSON; its meaning is that of whoever saves it. */
  state: unknown
}

/** States of policies: a row each, for whoever decides after a restart. */
export class PolicyStates {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async all(): Promise<PolicyState[]> {
    return this.#database.lazy<PolicyState & Record<string, unknown>>(ALL, [])
  }

  /** Of several processes the one that knows of more decisions prevails. */
  async save(states: readonly PolicyState[]): Promise<void> {
    if (states.length > 0) await this.#database.lazy(SAVE, [JSON.stringify(states)])
  }
}

const ALL: Statement = {
  name: 'policy-states',
  text: 'SELECT policy, day, decided, state FROM policy_states',
}

const SAVE: Statement = {
  name: 'policy-state-save',
  text: `INSERT INTO policy_states AS kept (policy, day, decided, state)
    SELECT policy, day, decided, state
    FROM json_to_recordset($1::json)
      AS r(policy text, day integer, decided double precision, state json)
    ORDER BY policy
    ON CONFLICT (policy) DO UPDATE
      SET day = excluded.day, decided = excluded.decided, state = excluded.state
      WHERE (excluded.day, excluded.decided) >= (kept.day, kept.decided)`,
}
