-- Calendars, duties, messages. See src/flow.

-- name: CalendarYears
-- args: calendar text
-- row:  year int, source text
SELECT year, source FROM calendar_year WHERE calendar = :calendar ORDER BY year;

-- name: CalendarDays
-- args: calendar text
-- row:  day date, working bool, name text
SELECT day, working, name FROM calendar_day WHERE calendar = :calendar ORDER BY day;

-- name: CalendarCodes
-- args:
-- row:  calendar text
SELECT DISTINCT calendar FROM calendar_year ORDER BY calendar;

-- name: CalendarYearPut
-- args: calendar text, year int, source text
INSERT INTO calendar_year (calendar, year, source) VALUES (:calendar, :year, :source)
    ON CONFLICT (calendar, year) DO UPDATE SET source = excluded.source;

-- name: CalendarDaysDelete
-- args: calendar text, first date, last date
DELETE FROM calendar_day WHERE calendar = :calendar AND day BETWEEN :first AND :last;

-- name: CalendarDayInsert
-- args: calendar text, day date, working bool, name text
INSERT INTO calendar_day (calendar, day, working, name) VALUES (:calendar, :day, :working, :name);

-- Duties ---------------------------------------------------------------------------------------------------------------

-- name: DutyRuleInsert
-- args: uid text, key text?, name text, org int, owed text, function text?, every text, due_days int, due_working bool, grace_days int, calendar text, valid_from date, valid_to date?, what_plan text?, state text, opened date
-- row:  id int
INSERT INTO duty_rule (uid, key, name, org, owed, function, every, due_days, due_working, grace_days, calendar, valid_from, valid_to, what_plan, state, opened,
                       version)
VALUES (:uid, :key, :name, :org, :owed, :function, :every, :due_days, :due_working, :grace_days, :calendar, :valid_from, :valid_to, :what_plan, :state,
        :opened, 1)
RETURNING id;

-- name: DutyRuleUpdate
-- args: id int, version int, name text, owed text, function text?, every text, due_days int, due_working bool, grace_days int, calendar text, valid_from date, valid_to date?, what_plan text?, state text
UPDATE duty_rule SET name = :name, owed = :owed, function = :function, every = :every, due_days = :due_days, due_working = :due_working,
       grace_days = :grace_days, calendar = :calendar, valid_from = :valid_from, valid_to = :valid_to, what_plan = :what_plan, state = :state,
       version = version + 1 WHERE id = :id AND version = :version;

-- name: DutyRuleByUid
-- args: uid text
-- row:  id int, uid text, key text?, name text, org int, org_uid text, org_name text, org_path text, org_area text, owed text, function text?, every text, due_days int, due_working bool, grace_days int, calendar text, valid_from date, valid_to date?, what_plan text?, state text, opened date, version int
SELECT r.id, r.uid, r.key, r.name, r.org, o.uid AS org_uid, o.name AS org_name, o.path AS org_path, o.area AS org_area, r.owed, r.function, r.every,
       r.due_days, r.due_working, r.grace_days, r.calendar, r.valid_from, r.valid_to, r.what_plan, r.state, r.opened, r.version
  FROM duty_rule r JOIN org o ON o.id = r.org WHERE r.uid = :uid;

-- name: DutyRuleByKey
-- args: key text
-- row:  id int, uid text, version int
SELECT id, uid, version FROM duty_rule WHERE key = :key;

-- An issuer sees the rules of the organisations that his grant reaches; who owes by one sees it, too.
-- name: DutyRuleList
-- args: account int?, today date, uid text?
-- row:  id int, uid text, key text?, name text, org int, org_uid text, org_name text, org_path text, org_area text, owed text, function text?, every text, due_days int, due_working bool, grace_days int, calendar text, valid_from date, valid_to date?, what_plan text?, state text, opened date, version int
SELECT r.id, r.uid, r.key, r.name, r.org, o.uid AS org_uid, o.name AS org_name, o.path AS org_path, o.area AS org_area, r.owed, r.function, r.every,
       r.due_days, r.due_working, r.grace_days, r.calendar, r.valid_from, r.valid_to, r.what_plan, r.state, r.opened, r.version
  FROM duty_rule r JOIN org o ON o.id = r.org
 WHERE (EXISTS (SELECT 1 FROM grant_place g WHERE g.account = :account AND g.role IN ('issuer', 'reviewer', 'inspector', 'leader')
                   AND (g.what_kind = 'all' OR EXISTS (SELECT 1 FROM grant_plan x WHERE x.grant_row = g.id AND x.plan = r.what_plan))
                   AND (g.valid_from IS NULL OR g.valid_from <= :today) AND (g.valid_to IS NULL OR g.valid_to >= :today)
                   AND (substr(o.path, 1, length(g.path)) = g.path OR substr(o.area, 1, length(g.area)) = g.area))
        OR EXISTS (SELECT 1 FROM duty d JOIN duty_reach h ON h.duty = d.id WHERE d.rule = r.id AND h.account = :account
                      AND (h.valid_from IS NULL OR h.valid_from <= :today) AND (h.valid_to IS NULL OR h.valid_to >= :today)))
       AND (:uid IS NULL OR r.uid = :uid) /* [filters] */;

-- name: DutyRuleOrgs
-- args: rule int
-- row:  org int, uid text, name text
SELECT w.org, o.uid, o.name FROM duty_rule_org w JOIN org o ON o.id = w.org WHERE w.rule = :rule ORDER BY o.rank, o.id;

-- name: DutyRuleOrgInsert
-- args: rule int, org int
INSERT INTO duty_rule_org (rule, org) VALUES (:rule, :org) ON CONFLICT (rule, org) DO NOTHING;

-- name: DutyRuleOrgsDelete
-- args: rule int
DELETE FROM duty_rule_org WHERE rule = :rule;

-- name: DutyRulesToOpen
-- args: today date
-- row:  id int, uid text, name text, owed text, every text, due_days int, due_working bool, grace_days int, calendar text, valid_from date, valid_to date?, opened date
SELECT id, uid, name, owed, every, due_days, due_working, grace_days, calendar, valid_from, valid_to, opened FROM duty_rule
 WHERE state = 'on' AND valid_from <= :today AND opened < :today ORDER BY id;

-- name: DutyRuleOpened
-- args: id int, today date
UPDATE duty_rule SET opened = :today WHERE id = :id;

-- Who owes by a rule on a day, each once, with the subject for which; pages by (org, subject).
-- name: DutyOwers
-- args: rule int, day date, after_org int, after_subject text, limit int
-- row:  org int, kind text, subject text
SELECT DISTINCT w.org, w.kind, w.subject FROM (
       SELECT e.org, '' AS kind, '' AS subject FROM duty_rule_org e JOIN duty_rule r ON r.id = e.rule WHERE r.id = :rule AND r.owed = 'orgs'
       UNION ALL
       SELECT m.member AS org, '' AS kind, '' AS subject FROM duty_rule_org e JOIN duty_rule r ON r.id = e.rule JOIN org_member m ON m.org = e.org
        WHERE r.id = :rule AND r.owed = 'collective'
       UNION ALL
       SELECT f.org, '' AS kind, '' AS subject FROM duty_rule r JOIN org_function f ON f.function = r.function WHERE r.id = :rule AND r.owed = 'function'
       UNION ALL
       SELECT s.org, s.kind, s.uid AS subject FROM duty_subject s WHERE s.rule = :rule AND s.valid_from <= :day AND (s.valid_to IS NULL OR s.valid_to >= :day)
       ) w JOIN org o ON o.id = w.org
 WHERE (o.opened IS NULL OR o.opened <= :day) AND (o.closed IS NULL OR o.closed > :day)
   AND (w.org > :after_org OR (w.org = :after_org AND w.subject > :after_subject))
 ORDER BY w.org, w.subject, w.kind LIMIT :limit;

-- name: DutyInsert
-- args: uid text, rule int, org int, subject_kind text, subject text, period text, due date, last date
INSERT INTO duty (uid, rule, org, subject_kind, subject, period, due, last, state, told, late_days, version)
VALUES (:uid, :rule, :org, :subject_kind, :subject, :period, :due, :last, 'due', 0, 0, 1) ON CONFLICT (rule, org, subject_kind, subject, period) DO NOTHING;

-- name: DutySubjectPut
-- args: rule int, org int, kind text, uid text, valid_from date, valid_to date?
INSERT INTO duty_subject (rule, org, kind, uid, valid_from, valid_to) VALUES (:rule, :org, :kind, :uid, :valid_from, :valid_to)
    ON CONFLICT (rule, kind, uid, org) DO UPDATE SET valid_from = excluded.valid_from, valid_to = excluded.valid_to;

-- name: DutySubjectEnd
-- args: kind text, uid text, day date
UPDATE duty_subject SET valid_to = :day WHERE kind = :kind AND uid = :uid AND (valid_to IS NULL OR valid_to > :day);

-- name: DutiesOpenOfSubject
-- args: kind text, uid text
-- row:  uid text
SELECT uid FROM duty WHERE subject = :uid AND subject_kind = :kind AND state = 'due' ORDER BY id;

-- A rule's duty of one organisation and subject.
-- name: DutyOf
-- args: key text, org int?, kind text, subject text, period text
-- row:  uid text
SELECT d.uid FROM duty d JOIN duty_rule r ON r.id = d.rule
 WHERE r.key = :key AND (:org IS NULL OR d.org = :org) AND d.subject_kind = :kind AND d.subject = :subject AND d.period = :period
   AND d.state IN ('due', 'missed') ORDER BY d.id;

-- name: DutiesLapsed
-- args: today date, limit int
-- row:  uid text
SELECT uid FROM duty WHERE state = 'due' AND last < :today ORDER BY last, id LIMIT :limit;

-- name: DutiesToTell
-- args: until date, after int, limit int
-- row:  id int, uid text, org int, state text, told int, period text, due date, rule_name text, subject_kind text, subject text
SELECT d.id, d.uid, d.org, d.state, d.told, d.period, d.due, r.name AS rule_name, d.subject_kind, d.subject FROM duty d JOIN duty_rule r ON r.id = d.rule
 WHERE d.id > :after AND ((d.state = 'due' AND d.told = 0 AND d.due <= :until) OR (d.state = 'missed' AND d.told < 2)) ORDER BY d.id LIMIT :limit;

-- name: DutyTold
-- args: id int, told int
UPDATE duty SET told = :told WHERE id = :id;

-- name: DutyByUid
-- args: uid text
-- row:  id int, uid text, rule int, rule_uid text, rule_name text, what_plan text?, place_path text, place_area text, org int, org_uid text, org_name text, org_path text, org_area text, subject_kind text, subject text, period text, due date, last date, state text, late_days int, done_at int?, done_by int?, reason text?, version int
SELECT d.id, d.uid, d.rule, r.uid AS rule_uid, r.name AS rule_name, r.what_plan, p.path AS place_path, p.area AS place_area, d.org, o.uid AS org_uid,
       o.name AS org_name, o.path AS org_path, o.area AS org_area, d.subject_kind, d.subject, d.period, d.due, d.last, d.state, d.late_days, d.done_at,
       d.done_by, d.reason, d.version
  FROM duty d JOIN duty_rule r ON r.id = d.rule JOIN org p ON p.id = r.org JOIN org o ON o.id = d.org WHERE d.uid = :uid;

-- name: DutyList
-- args: account int?, today date
-- row:  id int, uid text, rule int, rule_uid text, rule_name text, what_plan text?, place_path text, place_area text, org int, org_uid text, org_name text, org_path text, org_area text, subject_kind text, subject text, period text, due date, last date, state text, late_days int, done_at int?, done_by int?, reason text?, version int
SELECT d.id, d.uid, d.rule, r.uid AS rule_uid, r.name AS rule_name, r.what_plan, p.path AS place_path, p.area AS place_area, d.org, o.uid AS org_uid,
       o.name AS org_name, o.path AS org_path, o.area AS org_area, d.subject_kind, d.subject, d.period, d.due, d.last, d.state, d.late_days, d.done_at,
       d.done_by, d.reason, d.version
  FROM duty d JOIN duty_rule r ON r.id = d.rule JOIN org p ON p.id = r.org JOIN org o ON o.id = d.org
 WHERE EXISTS (SELECT 1 FROM duty_reach h WHERE h.duty = d.id AND h.account = :account
                  AND (h.valid_from IS NULL OR h.valid_from <= :today) AND (h.valid_to IS NULL OR h.valid_to >= :today)) /* [filters] */;

-- name: DutySet
-- args: uid text, version int, state text, late_days int, done_at int?, done_by int?, reason text?
UPDATE duty SET state = :state, late_days = :late_days, done_at = :done_at, done_by = :done_by, reason = :reason, version = version + 1
 WHERE uid = :uid AND version = :version;

-- Messages -------------------------------------------------------------------------------------------------------------

-- name: MessageInsert
-- args: uid text, account int, kind text, level text?, subject_kind text, subject text, params text, by_account int?, holder int?, at int
INSERT INTO message (uid, account, kind, level, subject_kind, subject, params, by_account, holder, at)
VALUES (:uid, :account, :kind, :level, :subject_kind, :subject, :params, :by_account, :holder, :at);

-- name: MessageList
-- args: account int
-- row:  id int, uid text, kind text, level text?, subject_kind text, subject text, params text, by_account int?, holder int?, at int, read_at int?
SELECT m.id, m.uid, m.kind, m.level, m.subject_kind, m.subject, m.params, m.by_account, m.holder, m.at, m.read_at FROM message m WHERE m.account = :account /* [filters] */;

-- name: MessagesUnread
-- args: account int
-- row:  n int
SELECT count(*) AS n FROM message WHERE account = :account AND read_at IS NULL;

-- name: MessageRead
-- args: account int, uid text?, at int
UPDATE message SET read_at = :at WHERE account = :account AND read_at IS NULL AND (:uid IS NULL OR uid = :uid);

-- The accounts in use that hold a role today in one organisation, and who is deputy for one of them: what grant_held says, without making it for everybody.
-- name: AccountsOfRole
-- args: org int, role text, today date
-- row:  id int, holder int
SELECT h.id AS id, h.id AS holder FROM account h JOIN grant_row g ON g.account = h.id
 WHERE h.org = :org AND h.state = 'active' AND g.role = :role AND (g.valid_from IS NULL OR g.valid_from <= :today) AND (g.valid_to IS NULL OR g.valid_to >= :today)
UNION
SELECT a.id, h.id FROM account h JOIN grant_row g ON g.account = h.id JOIN deputy d ON d.account = h.id JOIN account a ON a.id = d.deputy
 WHERE h.org = :org AND h.state = 'active' AND a.state = 'active' AND g.role = :role AND g.role NOT IN ('system_admin', 'security_admin', 'audit_admin')
   AND d.ended IS NULL AND d.valid_from <= :today AND d.valid_to >= :today
   AND (g.valid_from IS NULL OR g.valid_from <= :today) AND (g.valid_to IS NULL OR g.valid_to >= :today) ORDER BY 1, 2;

-- Who acts for an account on a day.
-- name: DeputiesOf
-- args: account int, today date
-- row:  id int
SELECT a.id FROM deputy d JOIN account a ON a.id = d.deputy
 WHERE d.account = :account AND d.ended IS NULL AND a.state = 'active' AND d.valid_from <= :today AND d.valid_to >= :today ORDER BY a.id;

-- A task by its uid, if an account may read it: for what names a task only.
-- name: TaskReadable
-- args: uid text, account int?, today date
-- row:  uid text, number text, title text
SELECT t.uid, t.number, t.title FROM task t JOIN plan p ON p.id = t.plan
 WHERE t.uid = :uid AND EXISTS (
       SELECT 1 FROM task_reach r WHERE r.task = t.id AND r.account = :account
          AND (r.valid_from IS NULL OR r.valid_from <= :today) AND (r.valid_to IS NULL OR r.valid_to >= :today));

-- The newest of a kind about something that is not read yet.
-- name: MessageUnreadAbout
-- args: account int, kind text, subject_kind text, subject text
-- row:  uid text, params text
SELECT uid, params FROM message
 WHERE account = :account AND read_at IS NULL AND kind = :kind AND subject_kind = :subject_kind AND subject = :subject ORDER BY id DESC LIMIT 1;

-- name: MessageSetParams
-- args: uid text, params text, at int
UPDATE message SET params = :params, at = :at WHERE uid = :uid;

-- The calendar of what is due. org: a path that the owner's begins with.
-- name: CalendarDuties
-- args: account int?, today date, from_day date, to_day date, plan text?, path text?
-- row:  due date, rule_uid text, rule_name text, key text?, n int, missed int, open int
SELECT d.due, r.uid AS rule_uid, r.name AS rule_name, r.key, count(*) AS n, CAST(sum(CASE WHEN d.state = 'missed' THEN 1 ELSE 0 END) AS BIGINT) AS missed,
       CAST(sum(CASE WHEN d.state IN ('due', 'missed') THEN 1 ELSE 0 END) AS BIGINT) AS open
  FROM duty d JOIN duty_rule r ON r.id = d.rule JOIN org o ON o.id = d.org
 WHERE d.due BETWEEN :from_day AND :to_day AND (:plan IS NULL OR r.what_plan = :plan) AND (:path IS NULL OR substr(o.path, 1, length(:path)) = :path)
   AND EXISTS (SELECT 1 FROM duty_reach h WHERE h.duty = d.id AND h.account = :account
                  AND (h.valid_from IS NULL OR h.valid_from <= :today) AND (h.valid_to IS NULL OR h.valid_to >= :today))
 GROUP BY d.due, r.uid, r.name, r.key ORDER BY d.due, r.uid;

-- Stages that end between two days, of plans that are seen.
-- name: CalendarStages
-- args: account int?, today date, from_day date, to_day date, plan text?
-- row:  uid text, title text, name text, ends date, passed bool
SELECT p.uid, p.title, s.name, s.ends, s.passed_at IS NOT NULL AS passed
  FROM plan_stage s JOIN plan p ON p.id = s.plan
 WHERE s.ends BETWEEN :from_day AND :to_day AND (:plan IS NULL OR p.uid = :plan)
   AND (EXISTS (SELECT 1 FROM plan_reach r WHERE r.plan = p.id AND r.account = :account
                   AND (r.valid_from IS NULL OR r.valid_from <= :today) AND (r.valid_to IS NULL OR r.valid_to >= :today))
        OR EXISTS (SELECT 1 FROM task_reach r WHERE r.plan = p.id AND r.account = :account
                      AND (r.valid_from IS NULL OR r.valid_from <= :today) AND (r.valid_to IS NULL OR r.valid_to >= :today)))
 ORDER BY s.ends, p.uid, s.seq;

-- Open plans that are seen and meet.
-- name: CalendarMeetings
-- args: account int?, today date, plan text?
-- row:  uid text, title text, issued int, weekly_day int, weekly_hour int, monthly_day int, monthly_hour int
SELECT p.uid, p.title, p.issued, p.weekly_day, p.weekly_hour, p.monthly_day, p.monthly_hour FROM plan p
 WHERE p.state = 'open' AND (p.weekly_day > 0 OR p.monthly_day > 0) AND (:plan IS NULL OR p.uid = :plan)
   AND (EXISTS (SELECT 1 FROM plan_reach r WHERE r.plan = p.id AND r.account = :account
                   AND (r.valid_from IS NULL OR r.valid_from <= :today) AND (r.valid_to IS NULL OR r.valid_to >= :today))
        OR EXISTS (SELECT 1 FROM task_reach r WHERE r.plan = p.id AND r.account = :account
                      AND (r.valid_from IS NULL OR r.valid_from <= :today) AND (r.valid_to IS NULL OR r.valid_to >= :today)))
 ORDER BY p.uid;
