export { mandateCsv, type MandateListOptions } from './mandate-list.ts';
export { employersOf, medcBatch, type MedcBatchOptions } from './medc-batch.ts';
export { latestYear } from './medc-contributor.ts';
export { faultKinds, faultsOf, type Fault, type FaultKind } from './medc-faults.ts';
