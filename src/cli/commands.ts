import { registerApplication } from './application.ts';
import { registerAudit } from './audit.ts';
import { registerBatch } from './batch.ts';
import { registerCertificate } from './certificate.ts';
import { registerChannel } from './channel.ts';
import { registerConfig } from './config.ts';
import { registerDemo } from './demo.ts';
import { registerContribution, registerParameters } from './contribution.ts';
import { registerDoctor } from './doctor.ts';
import { registerEbox } from './ebox.ts';
import { registerEnterprise } from './enterprise.ts';
import { registerMake } from './make.ts';
import { registerPerson } from './person.ts';
import { registerQuality } from './quality.ts';
import { registerRole } from './role.ts';
import { registerPartner } from './partner.ts';
import { registerSchema } from './schema.ts';
import { registerSend } from './send.ts';
import type { RegisterCommand } from './frame.ts';
import { registerLog } from './log.ts';
import { registerReplay } from './replay.ts';
import { registerMail } from './mail.ts';
import { registerMandate } from './mandate.ts';
import { registerSender } from './sender.ts';
import { registerServe } from './serve.ts';
import { registerTechnicalUser } from './technical-user.ts';
import { registerTrust } from './trust.ts';
import { registerValidate } from './validate.ts';

/** Every command, in the order of the help page. A new command is a file and a line here. */
export const commands: readonly RegisterCommand[] = [
  registerServe,
  registerDemo,
  registerConfig,
  registerDoctor,
  registerEnterprise,
  registerSender,
  registerPerson,
  registerRole,
  registerQuality,
  registerApplication,
  registerAudit,
  registerTechnicalUser,
  registerChannel,
  registerPartner,
  registerCertificate,
  registerTrust,
  registerMandate,
  registerMail,
  registerEbox,
  registerContribution,
  registerParameters,
  registerSend,
  registerMake,
  registerBatch,
  registerReplay,
  registerSchema,
  registerLog,
  registerValidate,
];
