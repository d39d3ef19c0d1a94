/**
 * The hub cannot start as it is set up: one sentence that names what is wrong and what to do.
 * main.ts prints the sentence without a stack trace and exits with 1.
 */
export class Misconfiguration extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'Misconfiguration';
  }
}
