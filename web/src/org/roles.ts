/* The roles of the design, in the order of a commission's chart. */
export const ROLES = ['handler', 'unit_head', 'issuer', 'reviewer', 'inspector', 'leader', 'reporter', 'system_admin', 'security_admin', 'audit_admin'] as const
