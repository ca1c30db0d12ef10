namespace Busbar.Governance.Store.Postgres;

/// <summary>
/// The part of the schema by which nodes share limits. What a session has used, and what it may use, stands in <c>limit_counters</c> under the number
/// of the session with a minus before it: the counts of nodes that share nothing stand there under their epochs. Everything is decided in one
/// function, so that one call does for many limits.
/// </summary>
internal static class LeaseSchema
{
    /// <summary>Makes the tables.</summary>
    public const string Create =
        """
        ALTER TABLE busbar.limit_counters ADD COLUMN granted bigint NOT NULL DEFAULT 0, ADD COLUMN ends_at bigint NOT NULL DEFAULT 9223372036854775807;
        CREATE INDEX limit_counters_end ON busbar.limit_counters (ends_at) WHERE ends_at < 9223372036854775807;
        CREATE TABLE busbar.lease_sessions (
          id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
          node text NOT NULL,
          seq bigint NOT NULL DEFAULT 0,
          ends_at timestamptz NOT NULL,
          closed_at timestamptz);
        CREATE INDEX lease_sessions_open ON busbar.lease_sessions (ends_at) WHERE closed_at IS NULL;

        -- Whoever decides about a limit holds its row.
        CREATE TABLE busbar.limit_locks (owner text NOT NULL, limit_key text NOT NULL, PRIMARY KEY (owner, limit_key));
        """;

    /// <summary>Makes room for what a session may have used when it ends without a word.</summary>
    public const string Book = "ALTER TABLE busbar.limit_counters ADD COLUMN booked bigint NOT NULL DEFAULT 0;";

    /// <summary>Makes the functions, or puts them in the place of older ones.</summary>
    public const string Functions =
        """
        CREATE OR REPLACE FUNCTION busbar.lease(
          p_session bigint, p_seq bigint, p_term interval, p_owner text[], p_key text[], p_start bigint[], p_from bigint[], p_end bigint[], p_cap bigint[], p_used bigint[], p_base bigint[],
          p_keep bigint[], p_least bigint[], p_need bigint[], p_target bigint[], p_account boolean[], p_book bigint[],
          OUT alive boolean, OUT now_millis bigint, OUT granted bigint[], OUT others_used bigint[], OUT others_leased bigint[])
        LANGUAGE plpgsql SET search_path = busbar, pg_temp AS $function$
        DECLARE
          nodes bigint;
          gone bigint[];
        BEGIN
          -- A call that was held up on its way must not undo what a later one did.
          UPDATE lease_sessions AS s SET seq = p_seq,
            ends_at = CASE WHEN s.closed_at IS NULL AND s.ends_at > clock_timestamp() THEN clock_timestamp() + p_term ELSE s.ends_at END,
            closed_at = CASE WHEN s.closed_at IS NULL AND s.ends_at <= clock_timestamp() THEN clock_timestamp() ELSE s.closed_at END
          WHERE s.id = p_session AND s.seq < p_seq RETURNING s.closed_at IS NULL INTO alive;
          IF alive IS NULL THEN
            RAISE EXCEPTION 'a call of session % arrived too late', p_session
              USING ERRCODE = CASE WHEN EXISTS (SELECT 1 FROM lease_sessions AS s WHERE s.id = p_session) THEN 'BB001' ELSE 'BB002' END;
          END IF;

          now_millis := (extract(epoch FROM clock_timestamp()) * 1000)::bigint;
          IF cardinality(p_owner) = 0 THEN
            RETURN;
          END IF;

          -- Who is not heard any more is done with for good, before anything is decided. A row that is locked is of a session that is just being heard.
          WITH ended AS (
            UPDATE lease_sessions AS s SET closed_at = clock_timestamp() WHERE s.id IN (
              SELECT d.id FROM lease_sessions AS d WHERE d.closed_at IS NULL AND d.ends_at <= clock_timestamp() ORDER BY d.id FOR UPDATE SKIP LOCKED) RETURNING s.id)
          SELECT array_agg(e.id) INTO gone FROM ended AS e;

          -- What it may have used since it was heard last counts as used, until it says better. The rows of a session change only with the session's own.
          IF gone IS NOT NULL THEN
            UPDATE limit_counters AS c SET used = c.booked WHERE c.epoch IN (SELECT -g.id FROM unnest(gone) AS g (id)) AND c.booked > c.used;
          END IF;

          SELECT greatest(1, count(*)) INTO nodes FROM lease_sessions AS s WHERE s.closed_at IS NULL;

          -- All in one order, whoever asks.
          INSERT INTO limit_locks (owner, limit_key)
            SELECT a.owner, a.limit_key FROM unnest(p_owner, p_key) AS a (owner, limit_key)
            WHERE NOT EXISTS (SELECT 1 FROM limit_locks AS l WHERE l.owner = a.owner AND l.limit_key = a.limit_key)
            ORDER BY 1, 2 ON CONFLICT DO NOTHING;
          PERFORM 1 FROM limit_locks AS l JOIN unnest(p_owner, p_key) AS a (owner, limit_key) ON l.owner = a.owner AND l.limit_key = a.limit_key
            ORDER BY l.owner, l.limit_key FOR UPDATE OF l;

          -- A budget of a key begins with what the key has spent in its window when nobody limited it.
          INSERT INTO limit_counters (owner, limit_key, window_start, epoch, used, ends_at)
            SELECT a.owner, a.limit_key, a.window_start, 0, least((
              SELECT coalesce(sum(d.spend_nanos), 0) FROM usage_daily AS d WHERE d.key_id = a.owner AND d.day >= a.window_start), 9223372036854775807)::bigint, a.ends_at
            FROM unnest(p_owner, p_key, p_start, p_end, p_account) AS a (owner, limit_key, window_start, ends_at, is_account)
            WHERE a.is_account AND NOT EXISTS (
              SELECT 1 FROM limit_counters AS c WHERE c.owner = a.owner AND c.limit_key = a.limit_key AND c.window_start = a.window_start)
            ON CONFLICT DO NOTHING;

          WITH asked AS (
            SELECT * FROM unnest(p_owner, p_key, p_start, p_from, p_end, p_cap, p_used, p_base, p_keep, p_least, p_need, p_target, p_book) WITH ORDINALITY
              AS a (owner, limit_key, window_start, first_start, ends_at, cap, used, base, keep, least, need, target, book, place)),
          others AS (
            SELECT a.place, o.used, o.leased FROM asked AS a CROSS JOIN LATERAL (
              SELECT coalesce(sum(c.used), 0) AS used, coalesce(sum(greatest(c.granted - c.used, 0)) FILTER (WHERE s.id IS NOT NULL), 0) AS leased
              FROM limit_counters AS c LEFT JOIN lease_sessions AS s ON s.id = -c.epoch AND s.closed_at IS NULL
              WHERE c.owner = a.owner AND c.limit_key = a.limit_key AND c.window_start BETWEEN a.first_start AND a.window_start
                AND NOT (c.window_start = a.window_start AND c.epoch = -p_session)) AS o),
          lent AS (
            SELECT a.*, o.used AS o_used, o.leased AS o_leased, a.cap - o.used - o.leased AS free FROM asked AS a JOIN others AS o USING (place)),
          decided AS (
            SELECT l.*, least(9223372036854775807, greatest(l.used, CASE WHEN alive THEN greatest(l.keep, CASE WHEN l.least > l.free THEN 0 ELSE
              least(l.free, greatest(l.need, least(l.target, l.base + trunc(greatest(0, l.free - l.base) / (2 * nodes))))) END) ELSE l.used END))::bigint AS may
            FROM lent AS l),
          written AS (
            INSERT INTO limit_counters AS c (owner, limit_key, window_start, epoch, used, granted, booked, ends_at)
            SELECT d.owner, d.limit_key, d.window_start, -p_session, d.used, d.may, CASE WHEN alive THEN least(d.may, d.book) ELSE d.book END, d.ends_at FROM decided AS d
            -- A session that is over says what it used, and books nothing; an earlier call that was held up does not say all.
            ON CONFLICT (owner, limit_key, window_start, epoch) DO UPDATE SET granted = excluded.granted,
              used = CASE WHEN alive THEN excluded.used ELSE greatest(excluded.used, least(excluded.booked, c.booked)) END,
              booked = CASE WHEN alive THEN excluded.booked ELSE greatest(excluded.used, least(excluded.booked, c.booked)) END)
          SELECT array_agg(d.may ORDER BY d.place), array_agg(least(d.o_used, 9223372036854775807)::bigint ORDER BY d.place),
            array_agg(least(d.o_leased, 9223372036854775807)::bigint ORDER BY d.place)
          INTO granted, others_used, others_leased FROM decided AS d;
        END
        $function$;

        -- What ended sessions have used becomes one row for each window, long after any of them could still be heard.
        CREATE OR REPLACE FUNCTION busbar.lease_fold(p_age interval, OUT folded bigint)
        LANGUAGE plpgsql SET search_path = busbar, pg_temp AS $function$
        DECLARE
          gone bigint[];
        BEGIN
          folded := 0;
          SELECT array_agg(s.id) INTO gone FROM (
            SELECT d.id FROM lease_sessions AS d WHERE d.closed_at < clock_timestamp() - p_age ORDER BY d.id LIMIT 20 FOR UPDATE SKIP LOCKED) AS s;
          IF gone IS NULL THEN
            RETURN;
          END IF;

          PERFORM 1 FROM limit_locks AS l WHERE (l.owner, l.limit_key) IN (SELECT c.owner, c.limit_key FROM limit_counters AS c WHERE -c.epoch = ANY (gone))
            ORDER BY l.owner, l.limit_key FOR UPDATE OF l;
          WITH taken AS (DELETE FROM limit_counters AS c WHERE -c.epoch = ANY (gone) RETURNING c.*)
          INSERT INTO limit_counters AS c (owner, limit_key, window_start, epoch, used, ends_at)
            SELECT t.owner, t.limit_key, t.window_start, 0, least(sum(t.used), 9223372036854775807)::bigint, max(t.ends_at) FROM taken AS t
            GROUP BY t.owner, t.limit_key, t.window_start ORDER BY 1, 2, 3
            ON CONFLICT (owner, limit_key, window_start, epoch) DO UPDATE SET used = c.used + excluded.used;
          DELETE FROM lease_sessions AS s WHERE s.id = ANY (gone);
          folded := cardinality(gone);
        END
        $function$;
        """;
}
