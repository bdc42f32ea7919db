/**
 * What may import what. Services import packages, never one another; only the
 * embedded launcher imports services. Packages depend downwards.
 * @type {import('dependency-cruiser').IConfiguration}
 */
const layers = {
  contracts: [],
  telemetry: ['contracts'],
  redis: [],
  coordination: ['contracts', 'redis'],
  bus: ['contracts', 'telemetry'],
  store: ['contracts', 'telemetry'],
  'delivery-queue': ['contracts', 'telemetry', 'store', 'redis'],
  routing: ['contracts'],
  providers: ['contracts'],
  'local-servers': ['embedded-postgres'],
  tokenizer: [],
  blobs: ['contracts', 'store'],
  intake: ['contracts', 'routing', 'providers', 'runtime'],
  batches: ['contracts', 'store', 'blobs', 'routing', 'intake', 'tokenizer'],
  runtime: [
    'contracts',
    'telemetry',
    'bus',
    'store',
    'coordination',
    'delivery-queue',
    'routing',
    'providers',
    'blobs',
  ],
}

const tests = '\\.test\\.ts$|^test/'

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'services-stand-alone',
      comment: 'Only the embedded launcher imports services.',
      severity: 'error',
      from: { path: '^services/([^/]+)/', pathNot: '^services/launcher/' },
      to: { path: '^services/', pathNot: '^services/$1/' },
    },
    {
      name: 'packages-know-no-service',
      severity: 'error',
      from: { path: '^packages/' },
      to: { path: '^services/' },
    },
    {
      name: 'nothing-ships-test-code',
      comment: 'The launcher may start the simulator: it is the catalogue of last resort.',
      severity: 'error',
      from: { path: '^(packages|services)/', pathNot: `${tests}|^services/launcher/` },
      to: { path: '^test/' },
    },
    {
      name: 'resolves',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^@embedded-postgres/' },
    },
    ...Object.entries(layers).map(([name, below]) => ({
      name: `${name}-depends-downwards`,
      severity: 'error',
      from: { path: `^packages/${name}/`, pathNot: tests },
      to: { path: '^packages/', pathNot: `^packages/(${[name, ...below].join('|')})/` },
    })),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node'] },
  },
}
