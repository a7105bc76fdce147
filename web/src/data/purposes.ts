/* What somebody may be looked at for; kept with every look. `other` says it in words. */
export const PURPOSES = ['care', 'follow-up', 'data-quality', 'investigation', 'own-request', 'inspection', 'other'] as const
export type Purpose = (typeof PURPOSES)[number]
