// The rules of bench-expr over the same rows in DuckDB, one thread: node bench/bench-expr.mjs BUILD [FOLDER], where FOLDER holds node_modules with
// @duckdb/node-api (npm install @duckdb/node-api). Prints what bench-expr prints, and below it DuckDB's processor time in rows per second.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const ROWS = 1e6
const MEASURE_MS = 1000
const [build, modules = '.'] = process.argv.slice(2)
if (!build) {
  console.error('usage: node bench/bench-expr.mjs BUILD [FOLDER of node_modules]')
  process.exit(64)
}

async function loadDuckdb() {
  try {
    const path = createRequire(join(resolve(modules), 'x.js')).resolve('@duckdb/node-api')
    const module = await import(path)
    return module.DuckDBInstance ?? module.default.DuckDBInstance
  } catch {
    return null
  }
}

async function measure(connection, condition) {
  const sql = `SELECT count(*) FROM r WHERE ${condition}`
  let found = (await connection.runAndReadAll(sql)).getRows()[0][0]
  const start = process.cpuUsage()
  let times = 0
  let used = 0
  do {
    found = (await connection.runAndReadAll(sql)).getRows()[0][0]
    times++
    const now = process.cpuUsage(start)
    used = (now.user + now.system) / 1000
  } while (used < MEASURE_MS)
  return { perSecond: (times * ROWS * 1000) / used, found }
}

const folder = mkdtempSync(join(tmpdir(), 'bench-expr-'))
const file = join(folder, 'rows.csv')
try {
  const output = execFileSync(join(build, 'bench/bench-expr'), [file], { encoding: 'utf8', maxBuffer: 1 << 24 })
  const lines = output.trim().split('\n')
  const rules = lines.filter((l) => l.startsWith('duckdb\t')).map((l) => l.split('\t').slice(1))
  const ours = lines.filter((l) => !l.startsWith('duckdb\t'))
  console.log(ours.join('\n'))
  const DuckDB = await loadDuckdb()
  if (!DuckDB) {
    console.log('DuckDB: @duckdb/node-api is not there; see the head of this file')
  } else {
    const connection = await (await DuckDB.create(':memory:', { threads: '1' })).connect()
    await connection.run(`CREATE TABLE r AS SELECT * FROM read_csv('${file}', header = true, types = {'weight': 'BIGINT', 'height': 'BIGINT', 'dose': 'BIGINT',
      'birth': 'DATE', 'given': 'DATE', 'code': 'VARCHAR', 'number': 'VARCHAR', 'phone': 'VARCHAR'})`)
    for (const [i, [name, condition]] of rules.entries()) {
      const { perSecond, found } = await measure(connection, condition)
      const here = Number(ours[i].slice(22).trim().split(/\s+/)[0])
      console.log(`${name.padEnd(22)} DuckDB ${(perSecond / 1e6).toFixed(1).padStart(8)} M rows/s   ${(here / (perSecond / 1e6)).toFixed(2).padStart(6)} times   ${found} rows`)
    }
  }
} finally {
  rmSync(folder, { recursive: true })
}
