import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router'
import { loadSession, sees, session, trouble, unready } from './state/session'

/* One row a page: `section` is what the session must show for it; `crumb` its text; `up` the page above it. */
const routes: RouteRecordRaw[] = [
  { path: '/', name: 'home', redirect: () => ({ path: '/work' }) },
  { path: '/login', name: 'login', component: () => import('./pages/LoginPage.vue'), meta: { open: true } },
  { path: '/start', name: 'start', component: () => import('./pages/StartPage.vue'), meta: { crumb: 'start.title' } },
  { path: '/work', name: 'work', component: () => import('./pages/WorkPage.vue'), meta: { section: 'work', crumb: 'nav.work' } },
  { path: '/documents', name: 'documents', component: () => import('./pages/DocumentsPage.vue'), meta: { section: 'documents', crumb: 'nav.documents' } },
  { path: '/documents/:uid', name: 'document', component: () => import('./pages/DocumentPage.vue'), meta: { section: 'documents', crumb: 'document.title', up: 'documents' } },
  { path: '/ledger', name: 'ledger', component: () => import('./pages/LedgerPage.vue'), meta: { section: 'ledger', crumb: 'nav.ledger' } },
  { path: '/ledger/import', name: 'import-tasks', component: () => import('./pages/ImportTasksPage.vue'), meta: { section: 'ledger', crumb: 'import.tasks.title', up: 'ledger' } },
  { path: '/tasks/new', name: 'new-task', component: () => import('./pages/NewTaskPage.vue'), meta: { section: 'ledger', crumb: 'task.new', up: 'ledger' } },
  { path: '/plans', name: 'plans', component: () => import('./pages/PlansPage.vue'), meta: { section: 'ledger', crumb: 'plans.title', up: 'ledger' } },
  { path: '/plans/:uid', name: 'plan', component: () => import('./pages/PlanPage.vue'), meta: { section: 'ledger', crumb: 'plan.title', up: 'ledger' } },
  { path: '/look-backs/:uid', name: 'look-back', component: () => import('./pages/LookBackPage.vue'), meta: { section: 'ledger', crumb: 'look.title', up: 'ledger' } },
  { path: '/tasks/:uid', name: 'task', component: () => import('./pages/TaskPage.vue'), meta: { crumb: 'task.title', up: 'ledger' } },
  { path: '/overview', name: 'overview', component: () => import('./pages/OverviewPage.vue'), meta: { section: 'ledger', crumb: 'overview.title', nav: 'overview' } },
  { path: '/reports', name: 'reports', component: () => import('./pages/ReportsPage.vue'), meta: { section: 'ledger', crumb: 'nav.reports', nav: 'reports' } },
  { path: '/reports/:uid', name: 'report', component: () => import('./pages/ReportPage.vue'), meta: { crumb: 'report.one', up: 'reports' } },
  { path: '/meetings/:uid', name: 'meeting', component: () => import('./pages/MeetingPage.vue'), meta: { crumb: 'meeting.title', up: 'reports' } },
  { path: '/messages', name: 'messages', component: () => import('./pages/MessagesPage.vue'), meta: { crumb: 'nav.messages' } },
  { path: '/search', name: 'search', component: () => import('./pages/SearchPage.vue'), meta: { crumb: 'search.title' } },
  { path: '/calendar', name: 'calendar', component: () => import('./pages/CalendarPage.vue'), meta: { section: 'ledger', crumb: 'nav.calendar', nav: 'calendar' } },
  { path: '/duties', name: 'duties', component: () => import('./pages/DutiesPage.vue'), meta: { section: 'duties', crumb: 'nav.duties', nav: 'duties' } },
  { path: '/registers/:code?', name: 'registers', component: () => import('./pages/RegistersPage.vue'), meta: { section: 'registers', crumb: 'nav.registers', nav: 'registers' } },
  { path: '/data', name: 'data', component: () => import('./pages/DataPage.vue'), meta: { section: 'data', crumb: 'nav.data' } },
  { path: '/data/send', name: 'send', component: () => import('./pages/SendPage.vue'), meta: { section: 'data', crumb: 'data.tab.send', up: 'data' } },
  { path: '/data/intakes', name: 'intakes', component: () => import('./pages/IntakesPage.vue'), meta: { section: 'data', crumb: 'data.tab.intakes', up: 'data' } },
  { path: '/data/intakes/:uid', name: 'intake', component: () => import('./pages/IntakePage.vue'), meta: { section: 'data', crumb: 'data.tab.intakes', up: 'intakes' } },
  { path: '/data/defects', name: 'defects', component: () => import('./pages/DefectsPage.vue'), meta: { section: 'data', crumb: 'data.tab.defects', up: 'data' } },
  { path: '/data/quality', name: 'quality', component: () => import('./pages/QualityPage.vue'), meta: { section: 'data', crumb: 'data.tab.quality', up: 'data' } },
  { path: '/data/records/:dataset?', name: 'records', component: () => import('./pages/RecordsPage.vue'), meta: { section: 'data', crumb: 'data.tab.records', up: 'data' } },
  { path: '/data/records/:dataset/:id', name: 'record', component: () => import('./pages/RecordPage.vue'), meta: { section: 'data', crumb: 'records.one', up: 'records' } },
  { path: '/data/cases', name: 'cases', component: () => import('./pages/CasesPage.vue'), meta: { section: 'data', crumb: 'data.tab.cases', up: 'data' } },
  { path: '/data/cases/:uid', name: 'case', component: () => import('./pages/CasePage.vue'), meta: { section: 'data', crumb: 'cases.one', up: 'cases' } },
  { path: '/data/forms/:dataset/:form', name: 'form', component: () => import('./pages/FormPage.vue'), meta: { section: 'data', crumb: 'nav.data', up: 'data' } },
  { path: '/data/bulletin', name: 'bulletin', component: () => import('./pages/BulletinPage.vue'), meta: { section: 'data', crumb: 'quality.bulletin', up: 'quality' } },
  { path: '/persons', name: 'persons', component: () => import('./pages/PersonsPage.vue'), meta: { section: 'data', crumb: 'data.tab.persons', up: 'data' } },
  { path: '/persons/:uid', name: 'person', component: () => import('./pages/PersonPage.vue'), meta: { section: 'data', crumb: 'persons.one', up: 'persons' } },
  { path: '/data/owed-persons', name: 'owed-persons', component: () => import('./pages/OwedPage.vue'), meta: { section: 'data', crumb: 'data.tab.owed-persons', up: 'data' } },
  { path: '/data/mappings', name: 'mappings', component: () => import('./pages/MappingsPage.vue'), meta: { section: 'data', crumb: 'data.tab.mappings', up: 'data' } },
  { path: '/programmes', name: 'programmes', component: () => import('./pages/ProgrammesPage.vue'), meta: { section: 'data', crumb: 'nav.programmes', nav: 'programmes' } },
  { path: '/programmes/:pack', name: 'programme', component: () => import('./pages/ProgrammePage.vue'), meta: { section: 'data', crumb: 'nav.programmes', up: 'programmes' } },
  { path: '/orgs', name: 'orgs', component: () => import('./pages/OrgsPage.vue'), meta: { section: 'orgs', crumb: 'nav.orgs' } },
  { path: '/users', name: 'users', component: () => import('./pages/UsersPage.vue'), meta: { section: 'users', crumb: 'nav.users' } },
  { path: '/audit', name: 'audit', component: () => import('./pages/AuditPage.vue'), meta: { section: 'audit', crumb: 'nav.audit' } },
  { path: '/jobs', name: 'jobs', component: () => import('./pages/JobsPage.vue'), meta: { crumb: 'nav.jobs' } },
  { path: '/jobs/:uid', name: 'job', component: () => import('./pages/JobPage.vue'), meta: { crumb: 'job.title', up: 'jobs' } },
  { path: '/account', name: 'account', component: () => import('./pages/AccountPage.vue'), meta: { crumb: 'account.title' } },
  { path: '/:rest(.*)*', name: 'missing', component: () => import('./pages/MissingPage.vue'), meta: { crumb: 'missing.title' } },
]

export const router = createRouter({
  history: createWebHistory('/'),
  routes,
  scrollBehavior: (to, from, saved) => saved ?? (to.path === from.path ? false : { top: 0 }),
})

router.beforeEach(async (to) => {
  if (!session.value && !to.meta.open) {
    try {
      await loadSession()
      trouble.value = null
    } catch (error) {
      trouble.value = error
      return false
    }
    if (!session.value) return { name: 'login', query: to.fullPath === '/' ? {} : { next: to.fullPath } }
  }
  const now = session.value
  if (unready() && to.name !== 'account' && to.name !== 'login') return { name: 'account' }
  if (to.name === 'work' && now && !sees('work')) return firstPage()
  return true
})

/* A leader begins with the ledger, each administrator with what is his, an institution's clerk with what it owes. */
const FIRST = ['ledger', 'users', 'audit', 'documents', 'data', 'duties', 'orgs', 'jobs']

/** Where a person begins who has no work list: the first section the session shows. */
function firstPage() {
  const first = FIRST.find((section) => sees(section))
  return first ? { name: first } : { name: 'account' }
}
