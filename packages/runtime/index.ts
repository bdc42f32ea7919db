export {
  type CatalogChoice,
  type CatalogDependencies,
  chooseCatalog,
  withKeysByReference,
} from './catalog/choose-catalog.ts'
export type { ConfigInput } from './catalog/known-models.ts'
export { OLLAMA_ORIGIN, type OllamaModel, probeOllama } from './catalog/ollama.ts'
export { simulatorBehaviours, simulatorCatalog } from './catalog/simulator-catalog.ts'
export { type ConfigResult, loadConfigFile } from './config/config-file.ts'
export { ConfigWatch, type ConfigWatchOptions } from './config/config-watch.ts'
export { type ConfigFault, describeFault, describePath } from './config/fault.ts'
export { configJsonSchema } from './config/json-schema.ts'
export { ROUTER_GROUP, workerGroup } from './consumer-groups.ts'
export { type Answerer, Conversations, type Turn } from './conversations.ts'
export { type DriverOptions, type Drivers, openDrivers } from './drivers.ts'
export type { Env, EnvFault } from './env.ts'
export {
  describeEnvFaults,
  type EnvResult,
  type LauncherEnv,
  readLauncherEnv,
  readServiceEnv,
  type ServiceEnv,
} from './environment.ts'
export { ensureFirstKey } from './first-key.ts'
export {
  type HealthPart,
  type HealthReport,
  type Readiness,
  type ReadinessOptions,
  readinessOf,
} from './health.ts'
export { letHeapGrow } from './heap.ts'
export { BudgetAccount } from './holdings/budget-account.ts'
export { PolicyHoldings } from './holdings/policy-holdings.ts'
export {
  type Service,
  type Stoppable,
  type StopReport,
  startInOrder,
  stopInOrder,
} from './lifecycle.ts'
export { checkListenAddress, ListenAddressError } from './listen-address.ts'
export { ModelFigures } from './model-figures.ts'
export { nearMiss } from './near-miss.ts'
export {
  type OperationsOptions,
  type OperationsServer,
  operationsHandler,
  operationsPaths,
  serveOperations,
} from './operations-server.ts'
export { isOutage, OutageLog } from './outage-log.ts'
export {
  openPausePoints,
  type Pause,
  type PauseOrder,
  type PausePoint,
  type PauseReport,
} from './pause-points.ts'
export { providerDeploymentsOf } from './provider-deployments.ts'
export {
  checkAllowEntries,
  createReceiverPolicy,
  type ReceiverCheck,
  type ReceiverPolicy,
  type ReceiverPolicyOptions,
  ReceiverPrivateError,
  type Resolve,
} from './receiver-policy.ts'
export { SemanticRoutes, type Semantics } from './semantics/semantics.ts'
export {
  runServiceProcess,
  type ServiceProcess,
  type ServiceProcessOptions,
} from './service-process.ts'
export type { KafkaSasl, KafkaServers, SharedServers } from './shared-servers.ts'
export {
  type SignalSource,
  type StopOnSignalOptions,
  type StopSignal,
  stopOnSignal,
} from './stop-on-signal.ts'
