import { Kafka, logLevel } from 'kafkajs'

/** Of kafkajs' enumerations, which an ES module cannot import by name. */
const GROUP = 3
const LITERAL = 3
const ALL = 2
const DENY = 2

/** Forbids a user everything with a group, as an operator does who comes in without a name. */
export async function forbidGroup(broker: string, user: string, group: string): Promise<void> {
  await asOperator(broker, admin => admin.createAcls({ acl: [rule(user, group)] }))
}

export async function allowGroup(broker: string, user: string, group: string): Promise<void> {
  await asOperator(broker, admin => admin.deleteAcls({ filters: [rule(user, group)] }))
}

function rule(user: string, group: string) {
  return {
    resourceType: GROUP,
    resourceName: group,
    resourcePatternType: LITERAL,
    principal: `User:${user}`,
    host: '*',
    operation: ALL,
    permissionType: DENY,
  }
}

async function asOperator(
  broker: string,
  act: (admin: ReturnType<Kafka['admin']>) => Promise<unknown>,
): Promise<void> {
  const admin = new Kafka({
    brokers: [broker],
    clientId: 'operator',
    logLevel: logLevel.NOTHING,
  }).admin()
  await admin.connect()
  try {
    await act(admin)
  } finally {
    await admin.disconnect()
  }
}
