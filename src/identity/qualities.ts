/**
 * The capacities in which an enterprise exchanges messages (hoedanigheden); a sender number belongs
 * to one of them. `authority` is for bodies that may send what nobody else may, such as assessments
 * made of their own motion.
 */
export const qualities = [
  'employer',
  'mandatary',
  'service-provider',
  'full-service-center',
  'hospital',
  'telephone-operator',
  'social-secretariat',
  'authority',
] as const;

export type Quality = (typeof qualities)[number];

export function isQuality(text: string): text is Quality {
  return qualities.some((quality) => quality === text);
}
