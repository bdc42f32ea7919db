export type { Behaviour, FailureStep, Fault, Latency, MarkerBehaviour } from './behaviour.ts'
export type { CallCounts, CallOutcome, LoggedCall } from './calls.ts'
export type { AnswerRequest, ModelRequest } from './request.ts'
export { type Simulator, type SimulatorOptions, startSimulator } from './simulator.ts'
