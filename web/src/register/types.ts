import type { Named, Permission } from '@/api/types'

export interface RegisterField { name: string; label: string; label_en: string; type: 'text' | 'int' | 'date'; required: boolean }
export interface Register { code: string; name: string; name_en: string; proves: string; key: string; fields: RegisterField[]; checks: { check: string; field?: string; of?: string; value?: number; percent?: number }[]; words?: string[]; rows: number; version: number }
export interface RegisterRow { uid: string; org: Named; day: string; fields: Record<string, string>; file: string | null; withdrawn: boolean; at: string; version: number; may: { edit: Permission } }

/** What an entry is called in a list: the value of its key. */
export const nameOf = (register: Register, row: RegisterRow): string => row.fields[register.key] ?? ''
