/**
 * What every answer names in `xsi:noNamespaceSchemaLocation`. For receipts and notifications that
 * is the official file, which clients hold already; `schemas/answers` describes the subset sluis
 * writes, and whatever fits the subset fits the official schema too.
 */
export const answerSchemas = {
  ACRF: 'ACRF_20231.xsd',
  NOTIFICATION: 'NOTIFICATION_20223.xsd',
  ContributionStatement: 'ContributionStatement_20261.xsd',
} as const;

/** The XML declaration and the start tag of an answer, up to and with its line break. */
export function openAnswer(root: keyof typeof answerSchemas): string {
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
    `<${root} xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"` +
    ` xsi:noNamespaceSchemaLocation="${answerSchemas[root]}">\n`
  );
}
