import type { RegisterCommand } from './frame.ts';

/** A command, and how to come by it: what a command does not need is not loaded for it. */
export interface CommandEntry {
  readonly name: string;
  readonly load: () => Promise<RegisterCommand>;
}

/** Every command, in the order of the help page. A new command is a file and a line here. */
export const commands: readonly CommandEntry[] = [
  { name: 'serve', load: async () => (await import('./serve.ts')).registerServe },
  { name: 'demo', load: async () => (await import('./demo.ts')).registerDemo },
  { name: 'config', load: async () => (await import('./config.ts')).registerConfig },
  { name: 'doctor', load: async () => (await import('./doctor.ts')).registerDoctor },
  { name: 'enterprise', load: async () => (await import('./enterprise.ts')).registerEnterprise },
  { name: 'sender', load: async () => (await import('./sender.ts')).registerSender },
  { name: 'person', load: async () => (await import('./person.ts')).registerPerson },
  { name: 'role', load: async () => (await import('./role.ts')).registerRole },
  { name: 'quality', load: async () => (await import('./quality.ts')).registerQuality },
  { name: 'application', load: async () => (await import('./application.ts')).registerApplication },
  { name: 'audit', load: async () => (await import('./audit.ts')).registerAudit },
  {
    name: 'technical-user',
    load: async () => (await import('./technical-user.ts')).registerTechnicalUser,
  },
  { name: 'channel', load: async () => (await import('./channel.ts')).registerChannel },
  { name: 'partner', load: async () => (await import('./partner.ts')).registerPartner },
  { name: 'certificate', load: async () => (await import('./certificate.ts')).registerCertificate },
  { name: 'trust', load: async () => (await import('./trust.ts')).registerTrust },
  { name: 'mandate', load: async () => (await import('./mandate.ts')).registerMandate },
  { name: 'mail', load: async () => (await import('./mail.ts')).registerMail },
  { name: 'ebox', load: async () => (await import('./ebox.ts')).registerEbox },
  {
    name: 'contribution',
    load: async () => (await import('./contribution.ts')).registerContribution,
  },
  { name: 'parameters', load: async () => (await import('./contribution.ts')).registerParameters },
  { name: 'send', load: async () => (await import('./send.ts')).registerSend },
  { name: 'make', load: async () => (await import('./make.ts')).registerMake },
  { name: 'batch', load: async () => (await import('./batch.ts')).registerBatch },
  { name: 'replay', load: async () => (await import('./replay.ts')).registerReplay },
  { name: 'schema', load: async () => (await import('./schema.ts')).registerSchema },
  { name: 'log', load: async () => (await import('./log.ts')).registerLog },
  { name: 'validate', load: async () => (await import('./validate.ts')).registerValidate },
];
