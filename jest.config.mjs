export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  globalSetup: '<rootDir>/test/make/run-begin.mjs',
  globalTeardown: '<rootDir>/test/make/run-end.mjs',
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'es6' } },
    ],
  },
  testTimeout: 300_000,
  // One more than the two cores it is made for: kill tests spend much of their time waiting.
  maxWorkers: 3,
  // Node never lets go of the modules of a test file that is over. A worker that has run a hundred
  // spends most of its time on collecting garbage, so it makes way for a fresh one before that.
  workerIdleMemoryLimit: '400MB',
};
