import { ecsFormat } from '@elastic/ecs-winston-format';
import winston from 'winston';
import type { Log } from '../forwarders/forwarder.ts';

export type LogLevel = 'error' | 'warn' | 'info';

/** The agent's own log: one ECS JSON object a line to standard error. Never in the data path, never secrets or events. */
export function createLog(level: LogLevel): Log {
  const logger = winston.createLogger({
    level,
    format: ecsFormat({ convertReqRes: false, apmIntegration: false }),
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- winston's own typings of its own class
    transports: [new winston.transports.Console({ stderrLevels: ['error', 'warn', 'info'] })],
  });
  const write =
    (severity: LogLevel) =>
    (message: string, fields: object = {}): void => {
      logger.log({ level: severity, message, audit_relay: fields });
    };
  return { info: write('info'), warn: write('warn'), error: write('error') };
}
