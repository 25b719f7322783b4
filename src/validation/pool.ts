import { Worker } from 'node:worker_threads';
import { Failure } from '../vocabulary/index.ts';
import type { PackAnswer } from './read-packs.ts';
import type {
  ChunkJob,
  ChunkReply,
  EnvelopeJob,
  EnvelopeResult,
  Job,
  PostedJob,
  Reply,
  Result,
  SchemasJob,
} from './thread-loop.ts';

interface Task {
  readonly job: Job;
  readonly resolve: (result: Result) => void;
  readonly reject: (failure: Failure) => void;
}

interface Thread {
  readonly worker: Worker;
  readonly packs: Set<string>;
  task: Task | undefined;
  /** While it works, its deadline; while it rests, its end. */
  timer: NodeJS.Timeout | undefined;
}

export interface PoolOptions {
  readonly threads: number;
  /** The compiled `thread.js`; `threadEntry` finds it. */
  readonly entry: URL;
  /** Jobs that may wait beside those that run. */
  readonly waitingMax?: number;
  /** A job that takes longer ends its thread. */
  readonly deadlineMs?: number;
  readonly heapMebibytesMax?: number;
  /** A thread that had nothing to do for so long ends, and gives its memory back. */
  readonly idleMs?: number;
  /** What a thread is given when it starts, for work that is not validation's. */
  readonly equipment?: unknown;
}

/**
 * What a thread makes of a chunk is gone with the chunk. The nursery V8 would take by itself saves
 * a twentieth of the time and costs 20 MB a thread, for as long as the thread lives.
 */
const youngMebibytesMax = 12;

/**
 * Threads that judge, one job at a time each. A thread that ends or overruns its deadline takes only
 * its own job down, as a Failure, and is replaced.
 */
export class ValidationPool {
  readonly threads: number;
  private readonly options: Required<PoolOptions>;
  private readonly crew = new Set<Thread>();
  private readonly waiting: Task[] = [];
  private closed = false;

  constructor(options: PoolOptions) {
    this.options = {
      waitingMax: 1024,
      deadlineMs: 60_000,
      heapMebibytesMax: 512,
      idleMs: 10_000,
      equipment: undefined,
      ...options,
    };
    this.threads = Math.max(1, options.threads);
  }

  /** Starts the threads ahead of their work; without it, the first jobs wait for that. */
  start(): void {
    while (!this.closed && this.crew.size < this.threads) this.rest(this.hire());
  }

  /** Judges; rejects with `validation.worker-died`, `validation.timed-out` or `validation.busy`. */
  judge(job: ChunkJob): Promise<ChunkReply>;
  judge(job: EnvelopeJob): Promise<EnvelopeResult>;
  judge(job: SchemasJob): Promise<PackAnswer>;
  judge(job: Job): Promise<Result> {
    return this.ask(job);
  }

  /** Has work done by the function the threads were started with; rejects as `judge` does. */
  async carry(work: unknown): Promise<unknown> {
    const result = await this.ask({ kind: 'carry', work });
    return 'carried' in result ? result.carried : undefined;
  }

  private ask(job: Job): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.closed || this.waiting.length >= this.options.waitingMax) {
        reject(new Failure('validation.busy', { waiting: this.waiting.length }));
        return;
      }
      this.waiting.push({ job, resolve, reject });
      this.deal();
    });
  }

  /** Ends the threads; jobs that have no answer yet fail. */
  async close(): Promise<void> {
    this.closed = true;
    for (const task of this.waiting.splice(0)) task.reject(new Failure('validation.busy'));
    await Promise.all([...this.crew].map((thread) => thread.worker.terminate()));
  }

  /** Threads are started when there is work for them: one that cannot start fails that work. */
  private hire(): Thread {
    const { entry, heapMebibytesMax, equipment } = this.options;
    const worker = new Worker(entry, {
      // Options of the process (`--input-type`, inspectors) are none of a thread's business.
      execArgv: [],
      workerData: equipment,
      resourceLimits: {
        maxOldGenerationSizeMb: heapMebibytesMax,
        maxYoungGenerationSizeMb: youngMebibytesMax,
      },
    });
    const thread: Thread = { worker, packs: new Set(), task: undefined, timer: undefined };
    let cause: unknown;
    this.crew.add(thread);
    worker.on('message', (reply: Reply) => {
      this.receive(thread, reply);
    });
    worker.on('error', (error) => {
      cause = error;
    });
    worker.on('exit', (code) => {
      this.bury(thread, new Failure('validation.worker-died', { exitCode: code }, cause));
    });
    return thread;
  }

  private deal(): void {
    while (!this.closed && this.waiting.length > 0) {
      const idle = [...this.crew].find((thread) => thread.task === undefined);
      if (idle === undefined && this.crew.size >= this.threads) return;
      const task = this.waiting.shift();
      if (task !== undefined) this.assign(idle ?? this.hire(), task);
    }
  }

  private assign(thread: Thread, task: Task): void {
    const { deadlineMs } = this.options;
    clearTimeout(thread.timer);
    thread.task = task;
    thread.worker.ref();
    thread.timer = setTimeout(() => {
      this.bury(thread, new Failure('validation.timed-out', { deadlineMs }));
    }, deadlineMs);
    this.post(thread, task.job);
  }

  private post(thread: Thread, job: Job): void {
    let posted: PostedJob = job;
    if (job.kind === 'chunk' && job.pack !== undefined) {
      const { sha256 } = job.pack;
      if (thread.packs.has(sha256)) posted = { ...job, pack: sha256 };
      thread.packs.add(sha256);
    }
    thread.worker.postMessage(posted);
  }

  private receive(thread: Thread, reply: Reply): void {
    const { task } = thread;
    if (task === undefined) return;
    if ('missing' in reply) {
      thread.packs.delete(reply.missing);
      this.post(thread, task.job);
      return;
    }
    this.rest(thread);
    if ('failure' in reply) task.reject(new Failure(reply.failure.code, reply.failure.facts));
    else if ('defect' in reply)
      task.reject(new Failure('gateway.defect', {}, new Error(reply.defect)));
    else task.resolve(reply.result);
    this.deal();
  }

  /** Free for the next job, for a while. */
  private rest(thread: Thread): void {
    clearTimeout(thread.timer);
    thread.task = undefined;
    thread.worker.unref();
    thread.timer = setTimeout(() => {
      this.crew.delete(thread);
      void thread.worker.terminate();
    }, this.options.idleMs).unref();
  }

  /** Takes a thread out, whether it ended or must end; the next job hires another. */
  private bury(thread: Thread, failure: Failure): void {
    if (!this.crew.delete(thread)) return;
    clearTimeout(thread.timer);
    void thread.worker.terminate();
    thread.task?.reject(failure);
    this.deal();
  }
}
