/* The choices of a plan's forms; the words stand in the texts under the same names. */
export const PLAN_KINDS = ['plan', 'rectification', 'instruction', 'hotline', 'inspection', 'audit', 'meeting', 'decision', 'other'] as const
export const HAND_KINDS = ['rectification', 'instruction', 'hotline', 'inspection', 'audit', 'meeting', 'other'] as const
export const GATES = ['none', 'decision', 'submitted', 'closed'] as const
export const LEVELS = ['green', 'yellow', 'red', 'letter', 'order', 'bulletin', 'talk'] as const
export const RECEIVERS = ['handler', 'head', 'deputy', 'leader', 'unit', 'issuer'] as const
export const REPORTS = ['none', 'week', 'month'] as const
export const MEASURES = ['on_time', 'first_pass', 'closed', 'relapse', 'returned', 'reports', 'evidence'] as const
