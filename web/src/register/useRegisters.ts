/* The registers, read once: they change rarely; and the names of the checks that there are. */
import { shallowRef } from 'vue'
import { get } from '@/api/client'
import type { Rows } from '@/api/types'
import type { Register } from './types'

const registers = shallowRef<Register[] | null>(null)
const checks = shallowRef<string[]>([])
let asked: Promise<void> | null = null

export function useRegisters(fresh = false) {
  const load = async (): Promise<void> => {
    const answer = await get<Rows<Register> & { checks: string[] }>('/registers')
    registers.value = answer.rows
    checks.value = answer.checks
  }
  if (fresh || !asked) asked = load().catch(() => { asked = null })
  return { registers, checks, reload: load }
}
