-- The whole schema as it was first released. Kept as SQL, so that an auditor reads what the database was told.

CREATE TABLE account (
    account_id UUID NOT NULL,
    balance BIGINT DEFAULT '0' NOT NULL,
    held BIGINT DEFAULT '0' NOT NULL,
    lifetime BIGINT DEFAULT '0' NOT NULL,
    version BIGINT DEFAULT '0' NOT NULL,
    head BYTEA DEFAULT '\x0000000000000000000000000000000000000000000000000000000000000000'::bytea NOT NULL,
    decisions BIGINT DEFAULT '0' NOT NULL,
    decision_head BYTEA DEFAULT '\x0000000000000000000000000000000000000000000000000000000000000000'::bytea NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT account_pkey PRIMARY KEY (account_id),
    CONSTRAINT account_held_check CHECK (held >= 0),
    CONSTRAINT account_counts_check CHECK (version >= 0 and decisions >= 0),
    CONSTRAINT account_heads_check CHECK (octet_length(head) = 32 and octet_length(decision_head) = 32)
)
 WITH (fillfactor = 70);

CREATE TABLE entry (
    account_id UUID NOT NULL,
    seq BIGINT NOT NULL,
    points BIGINT NOT NULL,
    kind TEXT NOT NULL,
    contra TEXT NOT NULL,
    transfer_id UUID NOT NULL,
    balance_after BIGINT NOT NULL,
    held_after BIGINT NOT NULL,
    occurred_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    season DATE,
    month DATE,
    reverses BIGINT,
    award_seq BIGINT,
    overdraft BOOLEAN DEFAULT false NOT NULL,
    note_digest BYTEA,
    hash BYTEA NOT NULL,
    CONSTRAINT entry_pkey PRIMARY KEY (account_id, seq),
    CONSTRAINT entry_points_check CHECK (points <> 0),
    CONSTRAINT entry_seq_check CHECK (seq > 0),
    CONSTRAINT entry_held_check CHECK (held_after >= 0),
    CONSTRAINT entry_affordable_check CHECK (points > 0 or balance_after - held_after >= 0 or kind in ('reversal', 'penalty', 'capture') or (kind = 'adjustment' and overdraft)),
    CONSTRAINT entry_kind_check CHECK (kind in ('award', 'charge', 'penalty', 'reversal', 'restore', 'capture', 'refund', 'adjustment', 'transfer', 'grant', 'expiry', 'merge')),
    CONSTRAINT entry_reverses_check CHECK ((kind in ('reversal', 'restore')) = (reverses is not null)),
    CONSTRAINT entry_award_check CHECK ((reverses is null) = (award_seq is null)),
    CONSTRAINT entry_hash_check CHECK (octet_length(hash) = 32)
);

CREATE UNIQUE INDEX entry_reverses_key ON entry (account_id, reverses) WHERE reverses is not null;

CREATE TABLE entry_note (
    account_id UUID NOT NULL,
    seq BIGINT NOT NULL,
    note TEXT NOT NULL,
    actor TEXT NOT NULL,
    salt BYTEA NOT NULL,
    CONSTRAINT entry_note_pkey PRIMARY KEY (account_id, seq)
);

CREATE TABLE event (
    source TEXT COLLATE "C" NOT NULL,
    event_id TEXT COLLATE "C" NOT NULL,
    account_id UUID NOT NULL,
    decision_no BIGINT NOT NULL,
    type TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C",
    board TEXT,
    occurred_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    fingerprint BYTEA NOT NULL,
    outcome TEXT NOT NULL,
    reason TEXT,
    rule TEXT,
    points_asked BIGINT NOT NULL,
    points BIGINT NOT NULL,
    transfer_id UUID,
    seq BIGINT,
    balance BIGINT NOT NULL,
    available BIGINT NOT NULL,
    season DATE,
    season_points BIGINT,
    level TEXT NOT NULL,
    level_up BOOLEAN NOT NULL,
    hash BYTEA NOT NULL,
    CONSTRAINT event_pkey PRIMARY KEY (source, event_id),
    CONSTRAINT event_account_id_decision_no_key UNIQUE (account_id, decision_no),
    CONSTRAINT event_id_check CHECK (char_length(source) between 1 and 255 and char_length(event_id) between 1 and 255),
    CONSTRAINT event_outcome_check CHECK (outcome in ('awarded', 'charged', 'penalised', 'capped', 'declined', 'ignored', 'reversed', 'restored', 'rejected')),
    CONSTRAINT event_hash_check CHECK (octet_length(hash) = 32 and octet_length(fingerprint) = 32)
);

CREATE INDEX event_recorded_at_idx ON event (recorded_at);

CREATE INDEX event_subject_idx ON event (subject, type, account_id) WHERE subject is not null;

CREATE TABLE event_data (
    source TEXT COLLATE "C" NOT NULL,
    event_id TEXT COLLATE "C" NOT NULL,
    account_id UUID NOT NULL,
    data JSONB NOT NULL,
    CONSTRAINT event_data_pkey PRIMARY KEY (source, event_id)
);

CREATE INDEX event_data_account_id_idx ON event_data (account_id);

CREATE TABLE outbox_generation (
    one_row BOOLEAN DEFAULT true NOT NULL,
    generation BIGINT NOT NULL,
    system_identifier TEXT NOT NULL,
    pruned_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT outbox_generation_pkey PRIMARY KEY (one_row),
    CONSTRAINT outbox_generation_single_check CHECK (one_row)
);

CREATE TABLE outbox (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    generation INTEGER NOT NULL,
    xid8 xid8 DEFAULT pg_current_xact_id() NOT NULL,
    topic TEXT NOT NULL,
    account_id UUID,
    payload JSONB NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT outbox_pkey PRIMARY KEY (id)
);

CREATE INDEX outbox_position_idx ON outbox (generation, xid8, id);

CREATE TABLE policy (
    version BIGINT NOT NULL,
    valid_from TIMESTAMP WITH TIME ZONE NOT NULL,
    document JSONB NOT NULL,
    digest BYTEA NOT NULL,
    applied_by TEXT NOT NULL,
    applied_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT policy_pkey PRIMARY KEY (version)
);

CREATE TABLE rule (
    key TEXT NOT NULL,
    version BIGINT NOT NULL,
    definition JSONB NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT rule_pkey PRIMARY KEY (key, version)
);

CREATE TABLE cap_usage (
    account_id UUID NOT NULL,
    rule_key TEXT NOT NULL,
    period TEXT NOT NULL,
    times BIGINT NOT NULL,
    points BIGINT NOT NULL,
    last_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT cap_usage_pkey PRIMARY KEY (account_id, rule_key, period)
)
 WITH (fillfactor = 80);

CREATE TABLE season (
    season_id DATE NOT NULL,
    starts_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
    grace_s BIGINT NOT NULL,
    origin TEXT NOT NULL,
    prizes JSONB NOT NULL,
    state TEXT NOT NULL,
    standings_hash BYTEA,
    CONSTRAINT season_pkey PRIMARY KEY (season_id),
    CONSTRAINT season_bounds_check CHECK (starts_at < ends_at),
    CONSTRAINT season_state_check CHECK (state in ('open', 'closing', 'provisional', 'final')),
    CONSTRAINT season_origin_check CHECK (origin in ('live', 'backfill')),
    CONSTRAINT season_starts_at_key UNIQUE (starts_at)
);

CREATE TABLE leaderboard_points (
    leaderboard TEXT NOT NULL,
    period DATE NOT NULL,
    account_id UUID NOT NULL,
    points BIGINT NOT NULL,
    reached_at TIMESTAMP WITH TIME ZONE NOT NULL,
    version BIGINT NOT NULL,
    CONSTRAINT leaderboard_points_pkey PRIMARY KEY (leaderboard, period, account_id)
)
 WITH (fillfactor = 80);

CREATE INDEX leaderboard_points_order_idx ON leaderboard_points (leaderboard, period, points desc, reached_at) WHERE points > 0;

CREATE TABLE midnight_rank (
    leaderboard TEXT NOT NULL,
    period DATE NOT NULL,
    day DATE NOT NULL,
    account_id UUID NOT NULL,
    rank BIGINT NOT NULL,
    CONSTRAINT midnight_rank_pkey PRIMARY KEY (leaderboard, period, day, account_id)
);

CREATE TABLE attendance_day (
    day DATE NOT NULL,
    members BIGINT NOT NULL,
    CONSTRAINT attendance_day_pkey PRIMARY KEY (day)
);

CREATE TABLE greeting (
    account_id UUID NOT NULL,
    day DATE NOT NULL,
    greeting TEXT NOT NULL,
    CONSTRAINT greeting_pkey PRIMARY KEY (account_id, day),
    CONSTRAINT greeting_length_check CHECK (char_length(greeting) between 1 and 100)
);

CREATE TABLE api_key (
    key_id UUID NOT NULL,
    name TEXT NOT NULL,
    digest BYTEA NOT NULL,
    scopes JSONB NOT NULL,
    source TEXT DEFAULT 'forum' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE,
    revoked_at TIMESTAMP WITH TIME ZONE,
    last_used_on DATE,
    CONSTRAINT api_key_pkey PRIMARY KEY (key_id),
    CONSTRAINT api_key_digest_key UNIQUE (digest)
);

CREATE TABLE staff (
    staff_id UUID NOT NULL,
    name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    role TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    disabled_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT staff_pkey PRIMARY KEY (staff_id),
    CONSTRAINT staff_role_check CHECK (role in ('viewer', 'fulfiller', 'manager')),
    CONSTRAINT staff_name_key UNIQUE (name)
);

CREATE TABLE sign_in_token (
    jti TEXT NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT sign_in_token_pkey PRIMARY KEY (jti)
);

CREATE INDEX sign_in_token_expires_at_idx ON sign_in_token (expires_at);

CREATE TABLE idempotent_answer (
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint BYTEA NOT NULL,
    status BIGINT NOT NULL,
    body BYTEA NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT idempotent_answer_pkey PRIMARY KEY (scope, key)
);

CREATE INDEX idempotent_answer_recorded_at_idx ON idempotent_answer (recorded_at);

CREATE TABLE audit (
    audit_id BIGINT GENERATED ALWAYS AS IDENTITY,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    about TEXT NOT NULL,
    detail JSONB NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT audit_pkey PRIMARY KEY (audit_id)
);

CREATE INDEX audit_recorded_at_idx ON audit (recorded_at, audit_id);

CREATE TABLE demo (
    one_row BOOLEAN DEFAULT true NOT NULL,
    shift_weeks BIGINT NOT NULL,
    chosen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT demo_pkey PRIMARY KEY (one_row),
    CONSTRAINT demo_single_check CHECK (one_row)
);

CREATE TABLE product (
    product_id UUID NOT NULL,
    key TEXT NOT NULL,
    name_ko TEXT NOT NULL,
    name_en TEXT NOT NULL,
    description_ko TEXT DEFAULT '' NOT NULL,
    description_en TEXT DEFAULT '' NOT NULL,
    brand TEXT DEFAULT '' NOT NULL,
    face_value BIGINT NOT NULL,
    currency TEXT NOT NULL,
    price BIGINT NOT NULL,
    picture TEXT,
    for_sale BOOLEAN NOT NULL,
    on_sale_from TIMESTAMP WITH TIME ZONE,
    on_sale_until TIMESTAMP WITH TIME ZONE,
    limit_times BIGINT,
    limit_period TEXT,
    stock TEXT NOT NULL,
    quantity BIGINT,
    needs_approval BOOLEAN DEFAULT false NOT NULL,
    position BIGINT DEFAULT '0' NOT NULL,
    version BIGINT DEFAULT '1' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT product_pkey PRIMARY KEY (product_id),
    CONSTRAINT product_amounts_check CHECK (price >= 0 and face_value >= 0),
    CONSTRAINT product_stock_check CHECK (stock in ('codes', 'number', 'unlimited')),
    CONSTRAINT product_quantity_check CHECK ((stock = 'number') = (quantity is not null) and coalesce(quantity, 0) >= 0),
    CONSTRAINT product_limit_period_check CHECK (limit_period in ('day', 'week', 'month', 'ever')),
    CONSTRAINT product_limit_check CHECK ((limit_times is null) = (limit_period is null)),
    CONSTRAINT product_price_check CHECK (not for_sale or price > 0),
    CONSTRAINT product_key_key UNIQUE (key)
);

CREATE TABLE hold (
    hold_id UUID NOT NULL,
    account_id UUID NOT NULL,
    points BIGINT NOT NULL,
    captured BIGINT DEFAULT '0' NOT NULL,
    state TEXT NOT NULL,
    purpose TEXT NOT NULL,
    available_after BIGINT NOT NULL,
    placed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT hold_pkey PRIMARY KEY (hold_id),
    CONSTRAINT hold_points_check CHECK (points > 0),
    CONSTRAINT hold_affordable_check CHECK (available_after >= 0),
    CONSTRAINT hold_captured_check CHECK (captured between 0 and points and (state = 'captured') = (captured > 0)),
    CONSTRAINT hold_state_check CHECK (state in ('placed', 'captured', 'released', 'expired')),
    CONSTRAINT hold_account_id_fkey FOREIGN KEY(account_id) REFERENCES account (account_id)
);

CREATE INDEX hold_placed_idx ON hold (account_id) WHERE state = 'placed';

CREATE TABLE member (
    account_id UUID NOT NULL,
    member_id TEXT COLLATE "C",
    salt BYTEA,
    name TEXT,
    avatar TEXT,
    hidden BOOLEAN DEFAULT false NOT NULL,
    opted_out BOOLEAN DEFAULT false NOT NULL,
    suspended_at TIMESTAMP WITH TIME ZONE,
    level_by_hand TEXT,
    merged_into UUID,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT member_pkey PRIMARY KEY (account_id),
    CONSTRAINT member_member_id_check CHECK (char_length(member_id) between 1 and 64),
    CONSTRAINT member_account_id_fkey FOREIGN KEY(account_id) REFERENCES account (account_id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT member_member_id_key UNIQUE (member_id),
    CONSTRAINT member_merged_into_fkey FOREIGN KEY(merged_into) REFERENCES account (account_id)
);

CREATE TABLE season_history (
    season_id DATE NOT NULL,
    state TEXT NOT NULL,
    actor TEXT NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT season_history_pkey PRIMARY KEY (season_id, state),
    CONSTRAINT season_history_season_id_fkey FOREIGN KEY(season_id) REFERENCES season (season_id)
);

CREATE TABLE standing (
    season_id DATE NOT NULL,
    position BIGINT NOT NULL,
    account_id UUID NOT NULL,
    place BIGINT,
    points BIGINT NOT NULL,
    reached_at TIMESTAMP WITH TIME ZONE NOT NULL,
    disqualified BOOLEAN NOT NULL,
    CONSTRAINT standing_pkey PRIMARY KEY (season_id, position),
    CONSTRAINT standing_season_id_account_id_key UNIQUE (season_id, account_id),
    CONSTRAINT standing_place_check CHECK ((place is null) = disqualified),
    CONSTRAINT standing_season_id_fkey FOREIGN KEY(season_id) REFERENCES season (season_id),
    CONSTRAINT standing_account_id_fkey FOREIGN KEY(account_id) REFERENCES account (account_id)
);

CREATE TABLE disqualification (
    season_id DATE NOT NULL,
    account_id UUID NOT NULL,
    actor TEXT NOT NULL,
    reason TEXT,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT disqualification_pkey PRIMARY KEY (season_id, account_id),
    CONSTRAINT disqualification_season_id_fkey FOREIGN KEY(season_id) REFERENCES season (season_id),
    CONSTRAINT disqualification_account_id_fkey FOREIGN KEY(account_id) REFERENCES account (account_id)
);

CREATE TABLE attendance (
    account_id UUID NOT NULL,
    day DATE NOT NULL,
    place BIGINT NOT NULL,
    streak BIGINT NOT NULL,
    origin TEXT NOT NULL,
    transfer_id UUID,
    checked_in_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT attendance_pkey PRIMARY KEY (account_id, day),
    CONSTRAINT attendance_day_place_key UNIQUE (day, place),
    CONSTRAINT attendance_place_check CHECK (place > 0),
    CONSTRAINT attendance_origin_check CHECK (origin in ('check-in', 'import')),
    CONSTRAINT attendance_account_id_fkey FOREIGN KEY(account_id) REFERENCES account (account_id)
);

CREATE TABLE staff_session (
    digest BYTEA NOT NULL,
    staff_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revoked_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT staff_session_pkey PRIMARY KEY (digest),
    CONSTRAINT staff_session_staff_id_fkey FOREIGN KEY(staff_id) REFERENCES staff (staff_id)
);

CREATE INDEX staff_session_staff_id_idx ON staff_session (staff_id);

CREATE TABLE member_session (
    digest BYTEA NOT NULL,
    account_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revoked_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT member_session_pkey PRIMARY KEY (digest),
    CONSTRAINT member_session_account_id_fkey FOREIGN KEY(account_id) REFERENCES account (account_id)
);

CREATE INDEX member_session_account_id_idx ON member_session (account_id);

CREATE TABLE code (
    code_id UUID NOT NULL,
    product_id UUID NOT NULL,
    ciphertext BYTEA NOT NULL,
    digest BYTEA NOT NULL,
    expires_on DATE,
    state TEXT NOT NULL,
    imported_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT code_pkey PRIMARY KEY (code_id),
    CONSTRAINT code_digest_key UNIQUE (digest),
    CONSTRAINT code_state_check CHECK (state in ('available', 'reserved', 'issued', 'lapsed')),
    CONSTRAINT code_product_id_fkey FOREIGN KEY(product_id) REFERENCES product (product_id)
);

CREATE INDEX code_available_idx ON code (product_id, expires_on, code_id) WHERE state = 'available';

CREATE TABLE hold_history (
    hold_id UUID NOT NULL,
    state TEXT NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT hold_history_pkey PRIMARY KEY (hold_id, state),
    CONSTRAINT hold_history_hold_id_fkey FOREIGN KEY(hold_id) REFERENCES hold (hold_id)
);

CREATE TABLE redemption (
    redemption_id UUID NOT NULL,
    account_id UUID NOT NULL,
    product_id UUID NOT NULL,
    hold_id UUID,
    origin TEXT NOT NULL,
    points BIGINT NOT NULL,
    state TEXT NOT NULL,
    claimed_by TEXT,
    code_id UUID,
    requested_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT redemption_pkey PRIMARY KEY (redemption_id),
    CONSTRAINT redemption_points_check CHECK (points >= 0),
    CONSTRAINT redemption_origin_check CHECK (origin in ('market', 'prize')),
    CONSTRAINT redemption_hold_check CHECK ((origin = 'market') = (hold_id is not null)),
    CONSTRAINT redemption_state_check CHECK (state in ('requested', 'awaiting_approval', 'claimed', 'fulfilled', 'rejected', 'cancelled', 'expired')),
    CONSTRAINT redemption_account_id_fkey FOREIGN KEY(account_id) REFERENCES account (account_id),
    CONSTRAINT redemption_product_id_fkey FOREIGN KEY(product_id) REFERENCES product (product_id),
    CONSTRAINT redemption_hold_id_key UNIQUE (hold_id),
    CONSTRAINT redemption_hold_id_fkey FOREIGN KEY(hold_id) REFERENCES hold (hold_id),
    CONSTRAINT redemption_code_id_key UNIQUE (code_id),
    CONSTRAINT redemption_code_id_fkey FOREIGN KEY(code_id) REFERENCES code (code_id)
);

CREATE INDEX redemption_queue_idx ON redemption (state, requested_at, redemption_id);

CREATE INDEX redemption_account_idx ON redemption (account_id, requested_at);

CREATE TABLE code_reading (
    reading_id BIGINT GENERATED ALWAYS AS IDENTITY,
    code_id UUID NOT NULL,
    actor TEXT NOT NULL,
    reason TEXT NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT code_reading_pkey PRIMARY KEY (reading_id),
    CONSTRAINT code_reading_code_id_fkey FOREIGN KEY(code_id) REFERENCES code (code_id)
);

CREATE INDEX code_reading_code_id_idx ON code_reading (code_id);

CREATE TABLE prize (
    season_id DATE NOT NULL,
    place BIGINT NOT NULL,
    attempt BIGINT NOT NULL,
    account_id UUID NOT NULL,
    redemption_id UUID NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT prize_pkey PRIMARY KEY (season_id, place, attempt),
    CONSTRAINT prize_season_id_account_id_key UNIQUE (season_id, account_id),
    CONSTRAINT prize_redemption_id_key UNIQUE (redemption_id),
    CONSTRAINT prize_season_id_fkey FOREIGN KEY(season_id) REFERENCES season (season_id),
    CONSTRAINT prize_account_id_fkey FOREIGN KEY(account_id) REFERENCES account (account_id),
    CONSTRAINT prize_redemption_id_fkey FOREIGN KEY(redemption_id) REFERENCES redemption (redemption_id)
);

CREATE TABLE redemption_history (
    step BIGINT GENERATED ALWAYS AS IDENTITY,
    redemption_id UUID NOT NULL,
    action TEXT NOT NULL,
    state TEXT NOT NULL,
    actor TEXT NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT redemption_history_pkey PRIMARY KEY (step),
    CONSTRAINT redemption_history_redemption_id_fkey FOREIGN KEY(redemption_id) REFERENCES redemption (redemption_id)
);

CREATE INDEX redemption_history_redemption_idx ON redemption_history (redemption_id, step);

CREATE TABLE redemption_reason (
    step BIGINT NOT NULL,
    reason TEXT NOT NULL,
    CONSTRAINT redemption_reason_pkey PRIMARY KEY (step),
    CONSTRAINT redemption_reason_step_fkey FOREIGN KEY(step) REFERENCES redemption_history (step)
);

-- Promise 1: what is marked append-only is refused a change by the database itself, whoever asks.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: its rows are never changed or removed; write a new one', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

-- A present state begins where the first listed edge begins and moves along listed edges only; nothing else of the row moves.
-- TG_ARGV: the edges, 'from>to from>to …'; the columns that may change, 'state …'.
CREATE FUNCTION guard_state() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    edges text[] := string_to_array(TG_ARGV[0], ' ');
    mutable text[] := string_to_array(TG_ARGV[1], ' ');
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> split_part(edges[1], '>', 1) THEN
            RAISE EXCEPTION 'a % begins as %, not as %', TG_TABLE_NAME, split_part(edges[1], '>', 1), NEW.state
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF to_jsonb(NEW) - mutable <> to_jsonb(OLD) - mutable THEN
        RAISE EXCEPTION 'of % only % may change', TG_TABLE_NAME, TG_ARGV[1] USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.state <> OLD.state AND NOT (OLD.state || '>' || NEW.state) = ANY (edges) THEN
        RAISE EXCEPTION 'a % does not go from % to %', TG_TABLE_NAME, OLD.state, NEW.state
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.state = OLD.state AND NOT EXISTS (SELECT 1 FROM unnest(edges) AS e WHERE split_part(e, '>', 1) = OLD.state) THEN
        RAISE EXCEPTION 'a % that is % changes no more', TG_TABLE_NAME, OLD.state USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

-- An account moves forward only, and its balance and head only together with its version.
CREATE FUNCTION guard_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.account_id <> OLD.account_id OR NEW.version < OLD.version OR NEW.decisions < OLD.decisions
        OR NEW.recorded_at < OLD.recorded_at
        OR (NEW.version = OLD.version AND (NEW.balance, NEW.head) IS DISTINCT FROM (OLD.balance, OLD.head))
        OR (NEW.decisions = OLD.decisions AND NEW.decision_head IS DISTINCT FROM OLD.decision_head) THEN
        RAISE EXCEPTION 'account % would move backwards or change without an entry', OLD.account_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER account_kept BEFORE DELETE OR TRUNCATE ON account
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE account ENABLE ALWAYS TRIGGER account_kept;

CREATE TRIGGER account_forward BEFORE UPDATE ON account FOR EACH ROW EXECUTE FUNCTION guard_account();
ALTER TABLE account ENABLE ALWAYS TRIGGER account_forward;

CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE audit ENABLE ALWAYS TRIGGER audit_append_only;

CREATE TRIGGER entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE entry ENABLE ALWAYS TRIGGER entry_append_only;

CREATE TRIGGER event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE event ENABLE ALWAYS TRIGGER event_append_only;

CREATE TRIGGER policy_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON policy
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE policy ENABLE ALWAYS TRIGGER policy_append_only;

CREATE TRIGGER rule_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON rule
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE rule ENABLE ALWAYS TRIGGER rule_append_only;

CREATE TRIGGER season_kept BEFORE DELETE OR TRUNCATE ON season
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE season ENABLE ALWAYS TRIGGER season_kept;

CREATE TRIGGER season_edges BEFORE INSERT OR UPDATE ON season FOR EACH ROW
    EXECUTE FUNCTION guard_state('open>closing closing>provisional provisional>final', 'state standings_hash');
ALTER TABLE season ENABLE ALWAYS TRIGGER season_edges;

CREATE TRIGGER attendance_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON attendance
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE attendance ENABLE ALWAYS TRIGGER attendance_append_only;

CREATE TRIGGER code_kept BEFORE DELETE OR TRUNCATE ON code
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE code ENABLE ALWAYS TRIGGER code_kept;

CREATE TRIGGER code_edges BEFORE INSERT OR UPDATE ON code FOR EACH ROW
    EXECUTE FUNCTION guard_state('available>reserved reserved>available reserved>issued available>issued available>lapsed reserved>lapsed', 'state');
ALTER TABLE code ENABLE ALWAYS TRIGGER code_edges;

CREATE TRIGGER hold_kept BEFORE DELETE OR TRUNCATE ON hold
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE hold ENABLE ALWAYS TRIGGER hold_kept;

CREATE TRIGGER hold_edges BEFORE INSERT OR UPDATE ON hold FOR EACH ROW
    EXECUTE FUNCTION guard_state('placed>captured placed>released placed>expired', 'state captured');
ALTER TABLE hold ENABLE ALWAYS TRIGGER hold_edges;

CREATE TRIGGER season_history_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON season_history
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE season_history ENABLE ALWAYS TRIGGER season_history_append_only;

CREATE TRIGGER standing_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON standing
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE standing ENABLE ALWAYS TRIGGER standing_append_only;

CREATE TRIGGER code_reading_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON code_reading
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE code_reading ENABLE ALWAYS TRIGGER code_reading_append_only;

CREATE TRIGGER hold_history_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON hold_history
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE hold_history ENABLE ALWAYS TRIGGER hold_history_append_only;

CREATE TRIGGER redemption_kept BEFORE DELETE OR TRUNCATE ON redemption
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE redemption ENABLE ALWAYS TRIGGER redemption_kept;

CREATE TRIGGER redemption_edges BEFORE INSERT OR UPDATE ON redemption FOR EACH ROW
    EXECUTE FUNCTION guard_state('requested>awaiting_approval awaiting_approval>requested requested>claimed claimed>requested claimed>fulfilled requested>rejected awaiting_approval>rejected claimed>rejected requested>cancelled awaiting_approval>cancelled requested>expired awaiting_approval>expired', 'state claimed_by code_id');
ALTER TABLE redemption ENABLE ALWAYS TRIGGER redemption_edges;

CREATE TRIGGER prize_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON prize
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE prize ENABLE ALWAYS TRIGGER prize_append_only;

CREATE TRIGGER redemption_history_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON redemption_history
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE redemption_history ENABLE ALWAYS TRIGGER redemption_history_append_only;
